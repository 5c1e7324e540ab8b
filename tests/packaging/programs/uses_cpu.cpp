// SPDX-License-Identifier: Apache-2.0
#include <headwise/cpu.hpp>
#include <vector>

using layer_type = headwise::attention_layer<headwise::mea_virtual_heads<4, 2, 8>, float, headwise::cpu_backend>;

int main() {
  const layer_type layer({.d_model = 16});
  layer_type::saved_type saved;
  layer_type::workspace scratch;
  const std::vector<float> x(3 * 16, 1.0F);
  std::vector<float> y(x.size());
  layer.forward(headwise::batch_token_view(x.data(), 1, 3, 16), headwise::batch_token_view(y.data(), 1, 3, 16), saved,
                scratch);
  return y[0] == 0.0F ? 1 : 0;
}
