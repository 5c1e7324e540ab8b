// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cuda.cuh"
#include "support/compare.hpp"
#include "support/layer_calls.hpp"

namespace headwise::test {

constexpr norm_settings gentle{.epsilon = 0.5};

struct grouped : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, rotary<>, causal_mask> {};
struct virtual_heads
    : attention_variant<query_heads<3>, component_heads<2>, head_dim<4>, value_dim<3>, linear_head_mixing,
                        rotary<rotary_settings{rotary_pairing::interleaved, 100}>, sliding_window<3>> {};
struct all_norms
    : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<2>,
                        linear_head_mixing, norm_before_mixing<gentle>,
                        norm_after_mixing<norm_settings{.gain = norm_gain::per_head, .epsilon = 0.5}>,
                        norm_after_attention<norm_settings{.groups = 2, .epsilon = 0.5}>, rotary<>, causal_mask> {};
struct of_low_rank : attention_variant<query_heads<2>, component_heads<3>, head_dim<2>, low_rank_key_mixing<1>,
                                       linear_value_mixing, norm_after_attention<gentle>, soft_cap<10>> {};

template <typename Variant>
layer_inputs random_inputs(bool bias, std::vector<std::int64_t> lengths) {
  constexpr std::int64_t d_model = 6;
  const attention_layer_settings settings{.d_model = d_model, .bias = bias};
  attention_layer<Variant, float, reference_backend> layer(settings);
  randomize(layer.parameters(), 231);
  random_numbers random(232);
  layer_inputs inputs{settings,
                      {},
                      random_tokens<float>(2, 5, d_model, random),
                      random_tokens<float>(2, 5, d_model, random),
                      std::move(lengths)};
  layer.parameters().for_each([&](std::string_view, const auto& values) { inputs.parameters.push_back(values); });
  return inputs;
}

/// A layer chains some ten sums. Their terms may cancel, as those of the gradient of a bias on keys nearly do; they are
/// no larger than the largest of all results.
constexpr double links = 10;

template <typename Variant, typename Scalar>
void check_layer(bool bias, std::vector<std::int64_t> lengths = {}) {
  CAPTURE(bias);
  const layer_inputs inputs = random_inputs<Variant>(bias, std::move(lengths));
  const auto tested = results_of_layer<attention_layer<Variant, Scalar, cuda_backend>>(inputs);
  const auto plain = results_of_layer<attention_layer<Variant, Scalar, reference_backend>>(inputs);
  const auto exact = results_of_layer<attention_layer<Variant, exact_type<Scalar>, reference_backend>>(inputs);
  REQUIRE(tested.size() == exact.size());
  double largest = 0;
  for (const auto& result : exact) largest = std::max(largest, largest_magnitude(result.values));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(exact[i].name);
    CHECK(as_precise_as_plain(gradient_factor, tested[i].values, plain[i].values, exact[i].values,
                              rounding_floor<Scalar>(links * largest)));
  }
}

TEST_CASE("a layer on CUDA gives what one on the reference gives, in workspaces of the bytes that it tells") {
  check_layer<grouped, float>(false);
  check_layer<virtual_heads, double>(true);
  check_layer<virtual_heads, double>(true, {4, 5});
  check_layer<all_norms, float>(true);
  check_layer<all_norms, float>(true, {4, 5});
  check_layer<of_low_rank, double>(false);
}

// Scores are whole numbers too, so that every weight is exactly one.
template <typename... Policies>
struct whole_scores : attention_variant<head_dim<2>, score_scale<1>, Policies...> {};
using whole_grouped = whole_scores<query_heads<4>, composite_heads<2>, rotary<>, causal_mask>;
using whole_mixed = whole_scores<query_heads<4>, component_heads<2>, value_dim<3>, linear_head_mixing>;
using whole_low_rank = whole_scores<query_heads<2>, component_heads<3>, low_rank_head_mixing<1>>;

/// One token a sequence: all its weight goes to itself, so that everything is a whole number.
template <typename Layer>
std::vector<std::vector<float>> results_of_whole_numbers() {
  using scalar = typename Layer::scalar;
  using memory = typename Layer::memory;
  random_numbers random(233);
  const auto whole = [&](std::size_t count) {
    std::vector<scalar> values(count);
    for (scalar& value : values) value = scalar(static_cast<float>(random.between(-1, 1)));
    return values;
  };
  Layer layer({.d_model = 2, .bias = true});
  layer.parameters().for_each([&](std::string_view, auto& values) { memory::store(values, whole(values.size())); });
  token_tensor<scalar> numbers(3, 1, 2);
  numbers.values = whole(numbers.values.size());
  layer_tokens<Layer> x(numbers);
  numbers.values = whole(numbers.values.size());
  layer_tokens<Layer> y_gradient(numbers);
  auto y = x;
  auto x_gradient = x;
  auto gradients = layer.make_gradients();
  typename Layer::saved_type saved;
  std::vector<std::vector<float>> results;
  with_workspace(
      layer, [&](const auto& of) { return of.forward_workspace_bytes(3, 1); },
      [&](auto& scratch) { layer.forward(x.view(), y.view(), saved, scratch); });
  results.push_back(converted<float>(y.values()));
  with_workspace(
      layer, [&](const auto& of) { return of.backward_workspace_bytes(3, 1); },
      [&](auto& scratch) {
        layer.backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch);
      });
  results.push_back(converted<float>(x_gradient.values()));
  gradients.for_each(
      [&](std::string_view, const auto& values) { results.push_back(converted<float>(memory::load(values))); });
  typename Layer::cache_type cache(3, 1);
  with_workspace(
      layer, [&](const auto& of) { return of.decode_workspace_bytes(3, 0); },
      [&](auto& scratch) { layer.decode(x.view(), y.view(), cache, scratch); });
  results.push_back(converted<float>(y.values()));
  return results;
}

template <typename Variant, typename Scalar>
void check_whole_numbers() {
  const auto expected = results_of_whole_numbers<attention_layer<Variant, float, reference_backend>>();
  CHECK(largest_magnitude(expected[0]) >= 1);
  CHECK(largest_magnitude(expected[1]) >= 1);
  CHECK(results_of_whole_numbers<attention_layer<Variant, Scalar, cuda_backend>>() == expected);
}

TEST_CASE("a layer of 16 bits on CUDA gives what one on floats gives, where 16 bits hold all of it") {
  check_whole_numbers<whole_grouped, float16>();
  check_whole_numbers<whole_mixed, bfloat16>();
  check_whole_numbers<whole_low_rank, bfloat16>();
}

TEST_CASE("a workspace too small for a layer's call is named with what was given and what is needed") {
  using layer_type = attention_layer<all_norms, float, cuda_backend>;
  const layer_type layer({.d_model = 6});
  layer_tokens<layer_type> x{token_tensor<float>(2, 5, 6)};
  auto y = x;
  typename layer_type::saved_type saved;
  const std::size_t needed = layer.forward_workspace_bytes(2, 5);
  cuda_workspace scratch({}, needed - 1);
  CHECK_THROWS_WITH_AS(layer.forward(x.view(), y.view(), saved, scratch),
                       doctest::Contains(("workspace is of " + std::to_string(needed - 1) + " bytes").c_str()), error);
}

}  // namespace headwise::test
