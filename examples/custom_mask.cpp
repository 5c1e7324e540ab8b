// SPDX-License-Identifier: Apache-2.0
#include <headwise/cpu.hpp>
#include <iostream>
#include <vector>

// Several documents in one sequence: a token sees itself and the earlier tokens of its own document.
struct document_mask {
  using slot = headwise::mask_slot;
  const int* document_of = nullptr;

  HEADWISE_HOST_DEVICE static headwise::key_range visible_keys(headwise::query_token at) { return {0, at.query + 1}; }
  HEADWISE_HOST_DEVICE bool visible(headwise::token_pair at) const {
    return document_of[at.query] == document_of[at.key];
  }
};
struct my_attention
    : headwise::attention_variant<headwise::query_heads<2>, headwise::head_dim<4>, headwise::rotary<>, document_mask> {
};
using layer_type = headwise::attention_layer<my_attention, float, headwise::cpu_backend>;

int main() {
  const std::vector<int> documents{0, 0, 0, 1, 1};
  std::vector<float> x(40, 0.5F);  // five tokens of eight features
  std::vector<float> y(x.size());
  const auto sequence = headwise::batch_token_view(x.data(), 1, 5, 8);  // [batch][tokens][d_model]
  const layer_type layer({.d_model = 8, .seed = 1});
  layer_type::saved_type saved;
  layer_type::workspace scratch;
  const auto last_output = [&] {
    layer.forward(sequence, headwise::batch_token_view(y.data(), 1, 5, 8), saved, scratch,
                  {.mask = {documents.data()}});
    return y.back();
  };

  const float before = last_output();
  x.front() = 100;  // a feature of the first document
  const bool unchanged = last_output() == before;
  std::cout << "the second document " << (unchanged ? "does not see" : "sees") << " the first\n";
  return unchanged ? 0 : 1;
}
