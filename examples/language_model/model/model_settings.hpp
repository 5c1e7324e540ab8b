// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace language_model {

/// The shape of a model and where its parameters begin.
struct model_settings {
  std::int64_t d_model = 128;
  std::int64_t heads = 8;
  std::int64_t layers = 4;
  /// First value of the gain of the norm after attention, in variants that have it. Below 1 because the branch would
  /// otherwise start much louder than it is without the norm.
  double initial_gain = 0.3;
  std::uint64_t seed = 0;
};

}  // namespace language_model
