// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"
#include "support/layers.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

template <typename... Policies>
using four_heads = attention_variant<query_heads<4>, head_dim<8>, Policies...>;
struct absorbed : four_heads<component_heads<2>, linear_head_mixing, sliding_window<5>> {};
struct expanded
    : four_heads<composite_heads<2>, component_heads<3>, linear_head_mixing, norm_after_mixing<>, sliding_window<5>> {};
struct unmixed : four_heads<composite_heads<2>, causal_mask> {};

template <typename Backend, typename Variant>
void check_dead_components(const attend_sizes& sizes) {
  CAPTURE(sizes);
  const auto run = [&](float dead, int workspace_byte) {
    component_tensors<Variant, float> t(sizes, attend_layouts::all(head_layout::padded_rows), dead);
    t.fill_inputs(181);
    for (std::int64_t b = 0; b < sizes.batch; ++b)
      for (std::int64_t n = 0; n < sizes.keys; ++n) {
        const std::int64_t keys = detail::length_of(sizes.key_lengths, b, sizes.keys);
        const std::int64_t queries = detail::length_of(sizes.query_lengths, b, sizes.queries);
        // The first query sees the earliest keys.
        const key_range first = detail::visible_keys_of(t.mask, query_at(0, 0, b, queries, keys));
        if (n < keys && (queries == 0 || n >= first.begin)) continue;
        for (int c = 0; c < Variant::component_heads; ++c) {
          std::fill_n(t.k.view().row(b, n, c), Variant::head_dim, dead);
          std::fill_n(t.v.view().row(b, n, c), Variant::value_dim, dead);
        }
      }
    t.set_outputs(dead);
    host_workspace workspace = poisoned_workspace(1 << 22, workspace_byte);
    Backend::attend_components(t.arguments(), workspace);
    return t;
  };
  const auto clean = run(0, 0);
  const auto poisoned = run(nan, 0xFF);
  CHECK(bitwise_equal(values_of(poisoned.out), values_of(clean.out)));
  CHECK(bitwise_equal(poisoned.lse.values, clean.lse.values));
}

TEST_CASE_ON_EVERY_BACKEND("slots of a cache that no query sees may hold NaN") {
  const attend_sizes all_sizes[] = {
      {.batch = 2, .queries = 1, .keys = 30, .key_lengths = {30, 7}},
      {.batch = 2, .queries = 1, .keys = 1100, .key_lengths = {600, 1100}},
      {.batch = 3, .queries = 3, .keys = 40, .query_lengths = {3, 0, 1}, .key_lengths = {33, 40, 0}},
      {.batch = 1, .queries = 60, .keys = 200, .key_lengths = {150}},
  };
  for (const attend_sizes& sizes : all_sizes) {
    check_dead_components<Backend, absorbed>(sizes);
    check_dead_components<Backend, expanded>(sizes);
    check_dead_components<Backend, unmixed>(sizes);
  }
}

struct whole_layer : four_heads<component_heads<2>, linear_head_mixing, norm_before_mixing<>, norm_after_attention<>,
                                rotary<>, causal_mask> {};
constexpr std::int64_t width = 6;

/// The outputs of the live tokens of a ragged prompt and of two decoded tokens, with `dead` in every slot of the cache
/// and in every token past its length.
template <typename Backend>
std::vector<float> decoded_with(float dead) {
  using layer_type = attention_layer<whole_layer, float, Backend>;
  layer_type layer({.d_model = width, .bias = true});
  randomize(layer.parameters(), 182);
  typename layer_type::cache_type cache(2, 20);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t n = 0; n < 20; ++n)
      for (int c = 0; c < 2; ++c) {
        std::fill_n(cache.keys().row(b, n, c), 8, dead);
        std::fill_n(cache.values().row(b, n, c), 8, dead);
      }
  random_numbers random(183);
  auto prompt = random_tokens<float>(2, 12, width, random);
  const std::vector<std::int64_t> lengths = {5, 12};
  std::fill_n(prompt.view().row(0, 5), 7 * width, dead);
  token_tensor<float> y(2, 12, width, dead);
  typename layer_type::workspace workspace = poisoned_workspace(1 << 20, dead == 0 ? 0 : 0xFF);
  layer.prefill(prompt.view(), y.view(), cache, workspace, {.lengths = lengths});
  std::vector<float> results(y.view().row(0, 0), y.view().row(0, 5));
  results.insert(results.end(), y.view().row(1, 0), y.view().row(1, 0) + 12 * width);
  for (int step = 0; step < 2; ++step) {
    const auto x = random_tokens<float>(2, 1, width, random);
    token_tensor<float> next(2, 1, width, dead);
    layer.decode(x.view(), next.view(), cache, workspace);
    results.insert(results.end(), next.values.begin(), next.values.end());
  }
  return results;
}

TEST_CASE_ON_EVERY_BACKEND("decoding does not depend on what stood in the cache, nor on tokens past a prompt's end") {
  CHECK(bitwise_equal(decoded_with<Backend>(nan), decoded_with<Backend>(0)));
}

/// The outputs of the live tokens, and the gradients of all parameters, with `dead` in the tokens past the lengths.
template <typename Backend>
std::vector<float> trained_with(float dead) {
  using layer_type = attention_layer<whole_layer, float, Backend>;
  layer_type layer({.d_model = width, .bias = true});
  randomize(layer.parameters(), 184);
  random_numbers random(185);
  auto x = random_tokens<float>(2, 12, width, random);
  const std::vector<std::int64_t> lengths = {5, 12};
  std::fill_n(x.view().row(0, 5), 7 * width, dead);
  token_tensor<float> y(2, 12, width, dead);
  typename layer_type::saved_type saved;
  typename layer_type::workspace workspace = poisoned_workspace(1 << 20, dead == 0 ? 0 : 0xFF);
  layer.forward(x.view(), y.view(), saved, workspace, {.lengths = lengths});
  std::vector<float> results(y.view().row(0, 0), y.view().row(0, 5));
  results.insert(results.end(), y.view().row(1, 0), y.view().row(1, 0) + 12 * width);
  return results;
}

TEST_CASE_ON_EVERY_BACKEND("live outputs of a layer do not depend on tokens past a sequence's end") {
  CHECK(bitwise_equal(trained_with<Backend>(nan), trained_with<Backend>(0)));
}

}  // namespace headwise::test
