// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/head_tensor.hpp"
#include "support/layers.hpp"

namespace headwise::test {

template <typename Map, int H, int G>
struct one_hot {
  static constexpr double weight(int component, int composite) {
    return Map::composite_head(composite, H, G) == component ? 1 : 0;
  }
};
struct ones {
  static constexpr double weight(int /*component*/, int /*composite*/) { return 1; }
};

template <typename... Policies>
using causal = attention_variant<query_heads<4>, head_dim<8>, rotary<>, causal_mask, Policies...>;
template <typename Map>
struct grouped : causal<composite_heads<2>, Map> {};
template <typename Map>
struct one_hot_mixing : causal<component_heads<2>, fixed_head_mixing<one_hot<Map, 4, 2>>> {};
struct multi_query : causal<composite_heads<1>> {};
struct mixed_ones : causal<component_heads<1>, fixed_head_mixing<ones>> {};
struct multi_head : causal<> {};
struct mixed : causal<linear_head_mixing> {};
struct full_rank : causal<low_rank_head_mixing<4>> {};

/// The outputs of a layer of `Variant`, with the projections of the seed and the mixing of `set_mixing`.
template <typename Backend, typename Variant, typename SetMixing>
std::vector<double> outputs(const SetMixing& set_mixing) {
  using layer_type = attention_layer<Variant, double, Backend>;
  layer_type layer({.d_model = 12, .seed = 3});
  set_mixing(layer.parameters());
  random_numbers random(111);
  const auto x = random_tokens<double>(2, 9, 12, random);
  token_tensor<double> y(2, 9, 12);
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  layer.forward(x.view(), y.view(), saved, scratch);
  return y.values;
}

template <typename Backend, typename Variant>
std::vector<double> outputs() {
  return outputs<Backend, Variant>([](auto&) {});
}

TEST_CASE_ON_EVERY_BACKEND("mixing with the identity is plain attention") {
  CHECK(equal_up_to_rounding<double>(outputs<Backend, mixed>(), outputs<Backend, multi_head>(), 100));
}

TEST_CASE_ON_EVERY_BACKEND("mixing with a one-hot matrix is grouped-query attention by that map") {
  const auto block = outputs<Backend, grouped<block_head_map>>();
  const auto cyclic = outputs<Backend, grouped<cyclic_head_map>>();
  CHECK(equal_up_to_rounding<double>(outputs<Backend, one_hot_mixing<block_head_map>>(), block, 100));
  CHECK(equal_up_to_rounding<double>(outputs<Backend, one_hot_mixing<cyclic_head_map>>(), cyclic, 100));
  CHECK(largest_error(block, cyclic).error > 1e-3);
}

TEST_CASE_ON_EVERY_BACKEND("one component head mixed with ones is multi-query attention") {
  CHECK(equal_up_to_rounding<double>(outputs<Backend, mixed_ones>(), outputs<Backend, multi_query>(), 100));
}

TEST_CASE_ON_EVERY_BACKEND("mixing of full rank is linear mixing with the product of its factors") {
  random_numbers random(112);
  const auto weight = random.normals<double>(16);
  const auto linear = outputs<Backend, mixed>([&](auto& p) { p.key_mixing = p.value_mixing = weight; });
  const auto factored = outputs<Backend, full_rank>([&](auto& p) {
    std::vector<double> factors = weight;  // A = W, and B = 1
    for (int i = 0; i < 16; ++i) factors.push_back(i % 5 == 0 ? 1 : 0);
    p.key_mixing = p.value_mixing = factors;
  });
  CHECK(equal_up_to_rounding<double>(factored, linear, 1000));
}

template <typename Backend>
struct mixing_bench {
  typename Backend::workspace workspace;
  random_numbers random{113};
  std::vector<double> weight = random.normals<double>(3 * 5);
  head_tensor<double, 3, 8> x = random_tensor<double, 3, 8>(2, 70, random);

  head_tensor<double, 5, 8> mixed(const head_tensor<double, 3, 8>& components) {
    head_tensor<double, 5, 8> y(2, 70);
    Backend::mix_heads(components.view(), std::span<const double>(weight), y.view(), workspace);
    return y;
  }
};

TEST_CASE_ON_EVERY_BACKEND("mixing is linear") {
  mixing_bench<Backend> bench;
  auto other = random_tensor<double, 3, 8>(2, 70, bench.random);
  auto sum = bench.x;
  for (std::size_t i = 0; i < sum.storage().size(); ++i)
    sum.storage()[i] = 2 * bench.x.storage()[i] - 3 * other.storage()[i];
  const auto a = values_of(bench.mixed(bench.x));
  const auto b = values_of(bench.mixed(other));
  std::vector<double> expected(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) expected[i] = 2 * a[i] - 3 * b[i];
  CHECK(equal_up_to_rounding<double>(values_of(bench.mixed(sum)), expected, 100));
}

template <typename Backend, rotary_settings Settings>
void check_rotation_commutes() {
  mixing_bench<Backend> bench;
  auto first = bench.mixed(bench.x);
  auto rotated = bench.x;
  Backend::template rotate<rotary<Settings>>(first.view(), std::span<const std::int64_t>{}, first.view(),
                                             bench.workspace);
  Backend::template rotate<rotary<Settings>>(rotated.view(), std::span<const std::int64_t>{}, rotated.view(),
                                             bench.workspace);
  CHECK(equal_up_to_rounding<double>(values_of(bench.mixed(rotated)), values_of(first), 100));
}

TEST_CASE_ON_EVERY_BACKEND("rotation commutes with mixing") {
  check_rotation_commutes<Backend, rotary_settings{}>();
  check_rotation_commutes<Backend, rotary_settings{rotary_pairing::interleaved, 500}>();
}

TEST_CASE_ON_EVERY_BACKEND("a norm does not commute with mixing") {
  mixing_bench<Backend> bench;
  constexpr norm_settings no_gain{.gain = norm_gain::none};
  const auto before = bench.mixed(bench.x);
  head_tensor<double, 5, 8> after_mixing(2, 70);
  Backend::template normalize_heads<no_gain>(before.view(), std::span<const double>{}, after_mixing.view(),
                                             bench.workspace);
  head_tensor<double, 3, 8> normalized(2, 70);
  Backend::template normalize_heads<no_gain>(bench.x.view(), std::span<const double>{}, normalized.view(),
                                             bench.workspace);
  CHECK(largest_error(values_of(bench.mixed(normalized)), values_of(after_mixing)).error > 0.1);
}

}  // namespace headwise::test
