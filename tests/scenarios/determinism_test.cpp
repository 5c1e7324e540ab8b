// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/layers.hpp"

namespace headwise::test {

struct everything
    : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<8>, linear_head_mixing,
                        norm_before_mixing<>, norm_after_attention<>, rotary<>, causal_mask> {};
struct one_head : attention_variant<query_heads<1>, head_dim<16>, causal_mask> {};

/// All numbers that training and decoding with a layer produce.
template <typename Backend>
std::vector<float> layer_results(std::int64_t tokens, float neighbour = 0) {
  using layer_type = attention_layer<everything, float, Backend>;
  layer_type layer({.d_model = 40, .bias = true, .seed = 5});
  random_numbers random(91);
  auto x = random_tokens<float>(2, tokens, 40, random);
  const auto dy = random_tokens<float>(2, tokens, 40, random);
  x.values.back() += neighbour;
  token_tensor<float> y(2, tokens, 40);
  token_tensor<float> dx(2, tokens, 40);
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  auto gradients = layer.make_gradients();
  layer.forward(x.view(), y.view(), saved, scratch);
  layer.backward(x.view(), dy.view(), saved, dx.view(), gradients, scratch);
  std::vector<float> all = y.values;
  all.insert(all.end(), dx.values.begin(), dx.values.end());
  if (neighbour != 0) return all;
  gradients.for_each(
      [&](std::string_view, const auto& values) { all.insert(all.end(), values.begin(), values.end()); });
  typename layer_type::cache_type cache(2, tokens + 1);
  layer.prefill(x.view(), y.view(), cache, scratch);
  token_tensor<float> next(2, 1, 40, 0.5F);
  layer.decode(next.view(), token_tensor<float>(next).view(), cache, scratch);
  all.insert(all.end(), y.values.begin(), y.values.end());
  return all;
}

template <typename Backend>
std::vector<float> attention_results(std::int64_t tokens) {
  auto t = random_attend_tensors<one_head, float>({.batch = 1, .queries = tokens, .keys = tokens}, 92);
  run_attend<Backend>(t);
  std::vector<float> all;
  for_each_result(t,
                  [&](const std::string&, const auto& values) { all.insert(all.end(), values.begin(), values.end()); });
  return all;
}

TEST_CASE_ON_EVERY_BACKEND("thirty runs give the same bits") {
  const auto first = layer_results<Backend>(33);
  for (int repeat = 0; repeat < 30; ++repeat) CHECK(bitwise_equal(layer_results<Backend>(33), first));
}

TEST_CASE_ON_EVERY_BACKEND("a sequence does not feel what another one of the batch holds") {
  const std::int64_t tokens = 70;
  const auto one = layer_results<Backend>(tokens, 1);
  const auto other = layer_results<Backend>(tokens, 2);
  const auto size = static_cast<std::size_t>(tokens * 40);
  bool same = true;
  for (std::size_t i = 0; i < size; ++i) same = same && one[i] == other[i] && one[2 * size + i] == other[2 * size + i];
  CHECK(same);
  CHECK(one[2 * size - 1] != other[2 * size - 1]);
}

#if defined(_OPENMP)
TEST_CASE("any number of threads gives the same bits") {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto layer = layer_results<cpu_backend>(150);
  const auto attention = attention_results<cpu_backend>(700);
  for (const int threads : {2, 3, 5, 8}) {
    CAPTURE(threads);
    omp_set_num_threads(threads);
    CHECK(bitwise_equal(layer_results<cpu_backend>(150), layer));
    CHECK(bitwise_equal(attention_results<cpu_backend>(700), attention));
  }
  omp_set_num_threads(before);
}
#endif

}  // namespace headwise::test
