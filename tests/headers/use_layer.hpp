// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "headwise/cpu.hpp"

inline float use_layer() {
  using layer_type = headwise::attention_layer<headwise::mea_virtual_heads<4, 2, 8>, float, headwise::cpu_backend>;
  const layer_type layer({.d_model = 2});
  layer_type::saved_type saved;
  layer_type::workspace scratch;
  std::array<float, 2> x{1, 2};
  std::array<float, 2> y{};
  layer.forward(headwise::batch_token_view<const float>(x.data(), 1, 1, 2),
                headwise::batch_token_view(y.data(), 1, 1, 2), saved, scratch);
  return y[0];
}
