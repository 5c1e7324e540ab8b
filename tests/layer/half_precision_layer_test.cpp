// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <string_view>
#include <type_traits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/head_tensor.hpp"
#include "support/layers.hpp"

namespace headwise::test {

// Scores are whole numbers too, so that every weight is exactly one.
template <typename... Policies>
struct whole_scores : attention_variant<head_dim<2>, score_scale<1>, Policies...> {};

using grouped = whole_scores<query_heads<4>, composite_heads<2>, rotary<>, causal_mask>;
using virtual_heads = whole_scores<query_heads<4>, component_heads<2>, value_dim<3>, linear_head_mixing>;
using of_low_rank = whole_scores<query_heads<2>, component_heads<3>, low_rank_head_mixing<1>, number_types<bfloat16>>;

using half_layer = attention_layer<grouped, bfloat16, reference_backend>;
static_assert(std::is_same_v<decltype(half_layer::saved_type::query)::value_type, bfloat16>);
static_assert(std::is_same_v<decltype(half_layer::saved_type::lse)::value_type, float>);

/// The results of forward, backward and decoding on a backend, with whole numbers for parameters and inputs, one token
/// a sequence: all its weight goes to itself, so that everything is a whole number.
template <typename Backend, typename Variant, typename Scalar>
std::vector<std::vector<float>> results_of_whole_numbers() {
  constexpr std::int64_t batch = 3;
  constexpr std::int64_t width = 2;
  using layer_type = attention_layer<Variant, Scalar, Backend>;
  layer_type layer({.d_model = width, .bias = true});
  random_numbers random(221);
  const auto whole = [&](auto& values) {
    for (auto& value : values) value = Scalar(static_cast<float>(random.between(-1, 1)));
  };
  layer.parameters().for_each([&](std::string_view, auto& values) { whole(values); });
  token_tensor<Scalar> x(batch, 1, width);
  token_tensor<Scalar> y_gradient(batch, 1, width);
  whole(x.values);
  whole(y_gradient.values);
  token_tensor<Scalar> y(batch, 1, width);
  token_tensor<Scalar> x_gradient(batch, 1, width);
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  auto gradients = layer.make_gradients();
  std::vector<std::vector<float>> results;
  layer.forward(x.view(), y.view(), saved, scratch);
  results.push_back(converted<float>(y.values));
  layer.backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch);
  results.push_back(converted<float>(x_gradient.values));
  gradients.for_each([&](std::string_view, const auto& values) { results.push_back(converted<float>(values)); });
  typename layer_type::cache_type cache(batch, 1);
  layer.decode(x.view(), y.view(), cache, scratch);
  results.push_back(converted<float>(y.values));
  return results;
}

TEST_CASE_TEMPLATE("a layer on numbers of 16 bits gives what one on floats gives, where 16 bits hold all of it",
                   Variant, grouped, virtual_heads, of_low_rank) {
  const auto expected = results_of_whole_numbers<reference_backend, Variant, float>();
  // Nothing is tested by zeros alone.
  for (const float value : expected.front()) CHECK(std::fabs(value) <= 128);
  CHECK(largest_magnitude(expected[0]) >= 1);
  CHECK(largest_magnitude(expected[1]) >= 1);
  CHECK(results_of_whole_numbers<reference_backend, Variant, bfloat16>() == expected);
  CHECK(results_of_whole_numbers<reference_backend, Variant, float16>() == expected);
  CHECK(results_of_whole_numbers<cpu_backend, Variant, bfloat16>() == expected);
  CHECK(results_of_whole_numbers<cpu_backend, Variant, float16>() == expected);
}

}  // namespace headwise::test
