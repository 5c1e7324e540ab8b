// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/gradient_check.hpp"
#include "support/layers.hpp"

namespace headwise::test {

// Large epsilons and caps: differences of a finite step see gentle curves exactly, and steep ones not.
constexpr norm_settings gentle{.epsilon = 0.5};

struct plain : attention_variant<query_heads<2>, head_dim<4>, causal_mask> {};
struct grouped : attention_variant<query_heads<4>, composite_heads<2>, head_dim<2>, cyclic_head_map, alibi> {};
struct mixed : attention_variant<query_heads<2>, head_dim<4>, linear_head_mixing, norm_after_attention<gentle>,
                                 rotary<>, causal_mask> {};
struct virtual_heads
    : attention_variant<query_heads<3>, component_heads<2>, head_dim<4>, value_dim<3>, linear_head_mixing,
                        rotary<rotary_settings{rotary_pairing::interleaved, 100}>, sliding_window<3>> {};
struct more_components
    : attention_variant<query_heads<2>, component_heads<3>, head_dim<2>, low_rank_key_mixing<1>, linear_value_mixing,
                        norm_after_attention<norm_settings{.gain = norm_gain::per_head, .factor = 0.8, .epsilon = 0.5}>,
                        soft_cap<10>> {};
struct all_norms
    : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<2>,
                        linear_head_mixing, norm_before_mixing<gentle>,
                        norm_after_mixing<norm_settings{.gain = norm_gain::per_head, .epsilon = 0.5}>,
                        norm_after_attention<norm_settings{.groups = 2, .epsilon = 0.5}>, rotary<>, causal_mask> {};
struct values_mixed_alone
    : attention_variant<query_heads<2>, head_dim<2>, linear_value_mixing,
                        norm_after_mixing<norm_settings{.gain = norm_gain::none, .epsilon = 0.5}>, score_scale<0.3>> {};

struct normed_after_mixing
    : attention_variant<
          query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<2>, linear_head_mixing,
          norm_after_mixing<norm_settings{.gain = norm_gain::per_head, .epsilon = 0.5}>, rotary<>, causal_mask> {};

/// The gradient of x and of every parameter, against differences of the same backend's forward.
template <typename Backend, typename Variant, layer_execution Execution = layer_execution{}>
void check_layer_gradients(bool bias, std::vector<std::int64_t> lengths = {}) {
  using layer_type = attention_layer<Variant, double, Backend, Execution>;
  constexpr std::int64_t batch = 2;
  constexpr std::int64_t tokens = 4;
  constexpr std::int64_t d_model = 5;
  layer_type layer({.d_model = d_model, .bias = bias, .seed = 1});
  randomize(layer.parameters(), 101);
  random_numbers random(102);
  auto x = random_tokens<double>(batch, tokens, d_model, random);
  const auto y_gradient = random_tokens<double>(batch, tokens, d_model, random);
  token_tensor<double> y(batch, tokens, d_model);
  token_tensor<double> x_gradient(batch, tokens, d_model);
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  const typename layer_type::call_options options{.lengths = lengths};
  const auto loss = [&] {
    layer.forward(x.view(), y.view(), saved, scratch, options);
    return weighted_sum{}.add(y.values, y_gradient.values);
  };
  loss();
  auto gradients = layer.make_gradients();
  layer.backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch, options);

  std::vector<checked_parameter> checked{{"x", x.values, x_gradient.values}};
  layer.parameters().for_each([&](std::string_view name, auto& values) {
    checked.push_back({std::string(name), values, {}});
  });
  std::size_t next = 1;
  gradients.for_each([&](std::string_view, const auto& values) { checked[next++].gradient = values; });
  CHECK(next == checked.size());
  CHECK_GRADIENTS(gradient_check(loss, std::move(checked)));
}

TEST_CASE_ON_EVERY_BACKEND("every gradient of a layer is the slope of its own forward") {
  check_layer_gradients<Backend, plain>(true);
  check_layer_gradients<Backend, grouped>(false);
  check_layer_gradients<Backend, mixed>(false);
  check_layer_gradients<Backend, virtual_heads>(true);
  check_layer_gradients<Backend, more_components>(false);
  check_layer_gradients<Backend, values_mixed_alone>(false);
}

TEST_CASE_ON_EVERY_BACKEND("every gradient of a layer with all three norms is the slope of its own forward") {
  check_layer_gradients<Backend, all_norms>(true);
}

TEST_CASE_ON_EVERY_BACKEND("every gradient of a layer with its mixing folded is the slope of its own forward") {
  constexpr layer_execution folded{.mixing = mixing_execution::folded};
  check_layer_gradients<Backend, mixed, folded>(false, {3, 4});
  check_layer_gradients<Backend, virtual_heads, folded>(true);
  check_layer_gradients<Backend, more_components, folded>(true);
  check_layer_gradients<Backend, values_mixed_alone, folded>(false);
  check_layer_gradients<Backend, normed_after_mixing, folded>(true);
}

TEST_CASE_ON_EVERY_BACKEND("gradients are those of the live tokens where sequences are shorter") {
  check_layer_gradients<Backend, mixed>(false, {3, 4});
  check_layer_gradients<Backend, plain>(true, {4, 0});
}

TEST_CASE_ON_EVERY_BACKEND("gradients of parameters are added to, those of x overwritten") {
  using layer_type = attention_layer<mixed, double, Backend>;
  const layer_type layer({.d_model = 6, .seed = 2});
  random_numbers random(103);
  const auto x = random_tokens<double>(1, 5, 6, random);
  token_tensor<double> y(1, 5, 6);
  token_tensor<double> once(1, 5, 6);
  token_tensor<double> twice(1, 5, 6);
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  auto gradients = layer.make_gradients();
  layer.forward(x.view(), y.view(), saved, scratch);
  layer.backward(x.view(), x.view(), saved, once.view(), gradients, scratch);
  const auto after_one = gradients.output_projection;
  layer.backward(x.view(), x.view(), saved, twice.view(), gradients, scratch);
  CHECK(bitwise_equal(twice.values, once.values));
  std::vector<double> doubled = after_one;
  for (double& value : doubled) value *= 2;
  CHECK(equal_up_to_rounding(gradients.output_projection, doubled, 10 * largest_magnitude(after_one)));
}

}  // namespace headwise::test
