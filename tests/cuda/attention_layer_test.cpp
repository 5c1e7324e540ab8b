// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
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

template <typename Variant, typename Scalar, layer_execution Execution = layer_execution{}>
void check_layer(bool bias, std::vector<std::int64_t> lengths = {}) {
  CAPTURE(bias);
  const layer_inputs inputs = random_inputs<Variant>(bias, std::move(lengths));
  const auto tested = results_of_layer<attention_layer<Variant, Scalar, cuda_backend, Execution>>(inputs);
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
  check_layer<grouped, double>(false);
  check_layer<virtual_heads, float>(true);
  check_layer<virtual_heads, float>(true, {4, 5});
  check_layer<all_norms, float>(true);
  check_layer<all_norms, float>(true, {4, 5});
  check_layer<of_low_rank, float>(false);
}

TEST_CASE("a layer on CUDA whose mixing is folded gives what one on the reference gives") {
  constexpr layer_execution folded{.mixing = mixing_execution::folded, .decoding = decode_mode::expanded};
  check_layer<virtual_heads, double, folded>(true);
  check_layer<of_low_rank, double, folded>(false, {4, 5});
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

/// A prompt of sequences of their own lengths, whose further tokens hold NaNs, and a token behind it.
template <typename Variant, typename Backend>
std::vector<std::vector<float>> ragged_prompt(const std::vector<std::int64_t>& lengths, float past_lengths) {
  using layer_type = attention_layer<Variant, float, Backend>;
  const layer_inputs inputs = random_inputs<Variant>(true, {});
  layer_type layer(inputs.settings);
  std::size_t next = 0;
  layer.parameters().for_each(
      [&](std::string_view, auto& values) { layer_type::memory::store(values, inputs.parameters[next++]); });
  token_tensor<float> prompt = inputs.x;
  for (std::int64_t b = 0; b < prompt.batch; ++b)
    for (std::int64_t n = lengths[static_cast<std::size_t>(b)]; n < prompt.tokens; ++n)
      std::fill_n(prompt.view().row(b, n), prompt.width, past_lengths);
  layer_tokens<layer_type> x(prompt);
  layer_tokens<layer_type> y(inputs.x);
  layer_tokens<layer_type> behind(inputs.y_gradient);
  typename layer_type::cache_type cache(prompt.batch, prompt.tokens + 1);
  const typename layer_type::call_options options{.lengths = lengths};
  with_workspace(
      layer, [&](const auto& of) { return of.prefill_workspace_bytes(prompt.batch, prompt.tokens, 0, options); },
      [&](auto& scratch) { layer.prefill(x.view(), y.view(), cache, scratch, options); });
  std::vector<std::vector<float>> results;
  token_tensor<float> outputs = inputs.x;
  outputs.values = y.values();
  for (std::int64_t b = 0; b < prompt.batch; ++b)
    for (std::int64_t n = 0; n < lengths[static_cast<std::size_t>(b)]; ++n)
      results.emplace_back(outputs.view().row(b, n), outputs.view().row(b, n) + prompt.width);
  with_workspace(
      layer, [&](const auto& of) { return of.decode_workspace_bytes(prompt.batch, prompt.tokens); },
      [&](auto& scratch) { layer.decode(behind.slice(0, 1), y.slice(0, 1), cache, scratch); });
  outputs.values = y.values();
  for (std::int64_t b = 0; b < prompt.batch; ++b)
    results.emplace_back(outputs.view().row(b, 0), outputs.view().row(b, 0) + prompt.width);
  return results;
}

TEST_CASE_TEMPLATE("a ragged prompt on CUDA gives what one on the reference gives, whatever stands behind its tokens",
                   Variant, virtual_heads, all_norms, of_low_rank) {
  for (const std::vector<std::int64_t>& lengths : {std::vector<std::int64_t>{2, 5}, {5, 0}, {1, 3}}) {
    const auto found = ragged_prompt<Variant, cuda_backend>(lengths, std::numeric_limits<float>::quiet_NaN());
    const auto expected = ragged_prompt<Variant, reference_backend>(lengths, 0);
    REQUIRE(found.size() == expected.size());
    double largest = 0;
    for (const std::vector<float>& row : expected) largest = std::max(largest, largest_magnitude(row));
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(i);
      CHECK(equal_up_to_rounding(found[i], expected[i], links * largest));
    }
  }
}

TEST_CASE("the scratch of a call on tokens that lie apart is told for its own views") {
  using layer_type = attention_layer<of_low_rank, float, cuda_backend>;
  const layer_type layer({.d_model = 6});
  random_numbers random(234);
  layer_tokens<layer_type> x(random_tokens<float>(2, 5, 6, random));
  layer_tokens<layer_type> y_gradient(random_tokens<float>(2, 5, 6, random));
  auto y = x;
  typename layer_type::saved_type saved;
  const auto in = x.slice(1, 3);
  const auto upstream = y_gradient.slice(1, 3);
  cuda_workspace forward_scratch({}, layer.forward_workspace_bytes(in, y.slice(1, 3)));
  layer.forward(in, y.slice(1, 3), saved, forward_scratch);
  auto gradients = layer.make_gradients();
  cuda_workspace of_sizes({}, layer.backward_workspace_bytes(2, 3));
  CHECK_THROWS_AS(layer.backward(in, upstream, saved, y.slice(1, 3), gradients, of_sizes), error);
  gradients.for_each([](std::string_view, const auto& values) {
    const auto numbers = cuda_memory::load(values);
    CHECK(std::count(numbers.begin(), numbers.end(), 0.0F) == static_cast<std::ptrdiff_t>(numbers.size()));
  });
  cuda_workspace of_views({}, layer.backward_workspace_bytes(in, upstream, y.slice(1, 3)));
  layer.backward(in, upstream, saved, y.slice(1, 3), gradients, of_views);
  CHECK(largest_magnitude(cuda_memory::load(gradients.query_projection)) > 0);
  typename layer_type::cache_type cache(2, 5);
  cuda_workspace of_prefill({}, layer.prefill_workspace_bytes(in, y.slice(1, 3), 0));
  layer.prefill(in, y.slice(1, 3), cache, of_prefill);
  CHECK(cache.lengths()[1] == 3);
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
