// SPDX-License-Identifier: Apache-2.0
#include <headwise/cpu.hpp>
#include <iostream>
#include <vector>

// Eight query heads over eight key/value heads, which are mixed from the four that are projected and cached.
struct my_attention
    : headwise::attention_variant<headwise::query_heads<8>, headwise::component_heads<4>, headwise::head_dim<32>,
                                  headwise::linear_head_mixing, headwise::rotary<>, headwise::causal_mask> {};
using layer_type = headwise::attention_layer<my_attention, float, headwise::cpu_backend>;

int main() {
  constexpr std::int64_t tokens = 64;
  constexpr std::int64_t d_model = 256;
  const layer_type layer({.d_model = d_model, .seed = 1});
  layer_type::workspace scratch;
  std::vector<float> x(tokens * d_model, 0.5F);
  std::vector<float> y(x.size());
  const auto sequence = headwise::batch_token_view(x.data(), 1, tokens, d_model);  // [batch][tokens][d_model]
  const auto outputs = headwise::batch_token_view(y.data(), 1, tokens, d_model);

  layer_type::saved_type saved;  // what layer.backward needs
  layer.forward(sequence, outputs, saved, scratch);

  layer_type::cache_type cache(1, tokens + 1);
  layer.prefill(sequence, outputs, cache, scratch);
  const auto token = headwise::batch_token_view(x.data(), 1, 1, d_model);
  layer.decode(token, headwise::batch_token_view(y.data(), 1, 1, d_model), cache, scratch);
  std::cout << cache.lengths()[0] << " tokens of " << my_attention::kv_cache_bytes_per_token<float> << " bytes each\n";
}
