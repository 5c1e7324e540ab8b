// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace headwise::wsd {

/// What a learning rate does when the batch grows: stay, as in the paper on batch sizes of Warmup-Stable-Decay, or
/// grow with it.
enum class learning_rate_scaling : std::uint8_t { none, square_root, linear };

/// By what a learning rate is multiplied where the batch is `batch_ratio` times that of the start.
inline double learning_rate_factor(learning_rate_scaling scaling, double batch_ratio) {
  switch (scaling) {
    case learning_rate_scaling::square_root:
      return std::sqrt(batch_ratio);
    case learning_rate_scaling::linear:
      return batch_ratio;
    case learning_rate_scaling::none:
      break;
  }
  return 1;
}

}  // namespace headwise::wsd
