// SPDX-License-Identifier: Apache-2.0
#include "headwise/layer/layer_execution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/errors.hpp"
#include "support/layers.hpp"

namespace headwise::test {

struct square : attention_variant<query_heads<4>, head_dim<6>, linear_head_mixing, rotary<>, causal_mask,
                                  norm_after_attention<>> {};
struct grouped : attention_variant<query_heads<4>, composite_heads<2>, head_dim<4>, linear_head_mixing, rotary<>> {};
struct virtual_heads
    : attention_variant<query_heads<4>, component_heads<2>, head_dim<4>, value_dim<3>, linear_head_mixing,
                        rotary<rotary_settings{rotary_pairing::interleaved, 100}>, causal_mask> {};
struct more_components : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>,
                                           low_rank_key_mixing<1>, linear_value_mixing, causal_mask> {};
struct keys_mixed_alone : attention_variant<query_heads<2>, head_dim<4>, linear_key_mixing, rotary<>> {};
struct values_mixed_alone : attention_variant<query_heads<2>, head_dim<4>, linear_value_mixing, rotary<>> {};
struct normed_after_mixing
    : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<2>,
                        linear_head_mixing, norm_after_mixing<norm_settings{.gain = norm_gain::per_head}>, rotary<>,
                        causal_mask> {};
struct normed_before_mixing : attention_variant<query_heads<2>, head_dim<4>, linear_head_mixing, norm_before_mixing<>> {
};
struct unmixed : attention_variant<query_heads<2>, head_dim<4>> {};

constexpr layer_execution on_activations{.mixing = mixing_execution::on_activations, .decoding = decode_mode::expanded};
constexpr layer_execution folded{.mixing = mixing_execution::folded};
constexpr layer_execution absorbed{.decoding = decode_mode::absorbed};

struct named_result {
  std::string name;
  std::vector<double> values;
};

/// What a layer of random parameters gives: outputs, all gradients, and the outputs of a prompt with tokens decoded
/// behind it.
template <typename Backend, typename Variant, layer_execution Execution>
std::vector<named_result> results_of(bool bias, const std::vector<std::int64_t>& lengths) {
  constexpr std::int64_t batch = 2;
  constexpr std::int64_t tokens = 7;
  constexpr std::int64_t d_model = 9;
  using layer_type = attention_layer<Variant, double, Backend, Execution>;
  layer_type layer({.d_model = d_model, .bias = bias});
  randomize(layer.parameters(), 301);
  random_numbers random(302);
  const auto x = random_tokens<double>(batch, tokens, d_model, random);
  const auto y_gradient = random_tokens<double>(batch, tokens, d_model, random);
  auto y = x;
  auto x_gradient = x;
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  auto gradients = layer.make_gradients();
  randomize(gradients, 303);
  const typename layer_type::call_options options{.lengths = lengths};
  layer.forward(x.view(), y.view(), saved, scratch, options);
  layer.backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch, options);
  std::vector<named_result> results{{"y", y.values}, {"x_gradient", x_gradient.values}};
  gradients.for_each([&](std::string_view name, const auto& values) {
    results.push_back({std::string(name), values});
  });
  typename layer_type::cache_type cache(batch, tokens);
  layer.prefill(x.slice(0, tokens - 2), y.slice(0, tokens - 2), cache, scratch);
  for (const std::int64_t n : {tokens - 2, tokens - 1}) layer.decode(x.slice(n, 1), y.slice(n, 1), cache, scratch);
  results.push_back({"y in parts", y.values});
  return results;
}

/// A layer chains some ten sums, whose terms are no larger than the largest of all results.
constexpr double links = 10;

template <typename Backend, typename Variant, layer_execution Execution>
void check_same_meaning(const std::vector<std::int64_t>& lengths = {}) {
  for (const bool bias : {false, true}) {
    CAPTURE(bias);
    const auto expected = results_of<Backend, Variant, on_activations>(bias, lengths);
    const auto found = results_of<Backend, Variant, Execution>(bias, lengths);
    double largest = 0;
    for (const named_result& result : expected) largest = std::max(largest, largest_magnitude(result.values));
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(expected[i].name);
      CHECK(equal_up_to_rounding(found[i].values, expected[i].values, links * largest));
    }
  }
}

TEST_CASE_ON_EVERY_BACKEND("mixing folded into projections gives what mixing of activations gives") {
  check_same_meaning<Backend, square, folded>();
  check_same_meaning<Backend, grouped, folded>({4, 7});
  check_same_meaning<Backend, virtual_heads, folded>();
  check_same_meaning<Backend, more_components, folded>({7, 0});
  check_same_meaning<Backend, keys_mixed_alone, folded>();
  check_same_meaning<Backend, values_mixed_alone, folded>();
  check_same_meaning<Backend, normed_after_mixing, folded>();
}

TEST_CASE("decoding with the mixing absorbed gives what decoding over composite heads gives") {
  check_same_meaning<cpu_backend, square, absorbed>();
  check_same_meaning<cpu_backend, virtual_heads, absorbed>();
  check_same_meaning<cpu_backend, more_components, absorbed>();
  check_same_meaning<cpu_backend, values_mixed_alone, absorbed>();
}

template <typename Variant, layer_execution Execution>
using layer_of = attention_layer<Variant, float, reference_backend, Execution>;

template <typename Variant, layer_execution Execution>
std::size_t saved_numbers() {
  const layer_of<Variant, Execution> layer({.d_model = 4});
  saved_activations<Variant, float> saved;
  saved.resize(2, 5, layer.execution_of(2, 5) == mixing_execution::folded);
  std::size_t count = 0;
  for (const auto* buffer : {&saved.query, &saved.projected_key, &saved.projected_value, &saved.component_key,
                             &saved.component_value, &saved.mixed_key, &saved.mixed_value, &saved.composite_key,
                             &saved.composite_value, &saved.attended, &saved.normalized})
    count += buffer->size();
  return count;
}

TEST_CASE("component heads of a side that is mixed are not kept where the mixing is folded") {
  constexpr std::size_t tokens = 10;
  CHECK(saved_numbers<square, on_activations>() - saved_numbers<square, folded>() == tokens * 2 * 4 * 6);
  CHECK(saved_numbers<virtual_heads, on_activations>() - saved_numbers<virtual_heads, folded>() ==
        tokens * 2 * (4 + 3));
  CHECK(saved_numbers<values_mixed_alone, on_activations>() - saved_numbers<values_mixed_alone, folded>() ==
        tokens * 2 * 4);
  CHECK(saved_numbers<unmixed, on_activations>() == saved_numbers<unmixed, folded>());
}

TEST_CASE("a layer tells how it mixes: as named, or as its cost model chooses for a call") {
  using chooses = layer_of<square, layer_execution{}>;
  const chooses layer({.d_model = 64});
  CHECK(layer.execution_of(1, 1) == mixing_execution::on_activations);
  CHECK(layer.execution_of(8, 4096) == mixing_execution::folded);
  for (const std::int64_t tokens : {1, 50, 100, 150, 200, 1000})
    CHECK(layer.execution_of(2, tokens) == chooses::cost_model.chosen(2 * tokens, 64));
  CHECK(layer_of<square, folded>({.d_model = 64}).execution_of(1, 1) == mixing_execution::folded);
  CHECK(layer_of<square, on_activations>({.d_model = 64}).execution_of(8, 4096) == mixing_execution::on_activations);
  CHECK(layer_of<unmixed, folded>({.d_model = 64}).execution_of(8, 4096) == mixing_execution::on_activations);
  CHECK(layer_of<normed_before_mixing, layer_execution{}>({.d_model = 64}).execution_of(8, 4096) ==
        mixing_execution::on_activations);
  CHECK(layer_of<square, layer_execution{.flops_per_byte = 77}>::cost_model.machine.flops_per_byte == 77);
}

TEST_CASE("what another execution saved is refused") {
  const layer_of<square, folded> folds({.d_model = 4});
  const layer_of<square, on_activations> mixes({.d_model = 4});
  token_tensor<float> x(1, 3, 4);
  auto y = x;
  host_workspace scratch;
  saved_activations<square, float> saved;
  auto gradients = mixes.make_gradients();
  folds.forward(x.view(), y.view(), saved, scratch);
  CHECK(refuses([&] { mixes.backward(x.view(), x.view(), saved, y.view(), gradients, scratch); }, "saved",
                "of another call", "what forward saved for this x"));
  folds.backward(x.view(), x.view(), saved, y.view(), gradients, scratch);
}

}  // namespace headwise::test
