// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/count_allocations.hpp"
#include "support/layers.hpp"

namespace headwise::test {

struct all_norms : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<6>,
                                     linear_key_mixing, low_rank_value_mixing<2>, norm_before_mixing<>,
                                     norm_after_mixing<>, norm_after_attention<>, rotary<>, causal_mask, soft_cap<10>> {
};
struct virtual_heads
    : attention_variant<query_heads<4>, component_heads<2>, head_dim<4>, linear_head_mixing, rotary<>, causal_mask> {};
struct plain : attention_variant<query_heads<2>, head_dim<4>> {};

TEST_CASE("allocations are counted") {
  // Where the optimiser sees that nobody uses them, it may leave allocations out.
  const void* volatile used = nullptr;
  CHECK(allocations_of([&] {
          const std::vector<int> values(5);
          used = values.data();
        }) == 1);
  CHECK(allocations_of([&] {
          const auto value = std::make_unique<int>(5);
          used = value.get();
        }) == 1);
  CHECK(allocations_of([] {}) == 0);
}

/// All that a layer does, again and again.
template <typename Backend, typename Variant, typename Scalar, layer_execution Execution = layer_execution{}>
void check_steady_state() {
  constexpr std::int64_t d_model = 5;
  constexpr std::int64_t batch = 2;
  constexpr std::int64_t tokens = 21;
  using layer_type = attention_layer<Variant, Scalar, Backend, Execution>;
  const layer_type layer({.d_model = d_model, .bias = true});
  auto gradients = layer.make_gradients();
  typename layer_type::saved_type saved;
  typename layer_type::workspace workspace;
  typename layer_type::cache_type cache(batch, 10 * tokens);
  random_numbers random(1);
  auto x = random_tokens<Scalar>(batch, tokens, d_model, random);
  auto y = x;
  auto x_gradient = x;
  const std::vector<std::int64_t> lengths = {tokens - 2, tokens};

  const auto forward = [&] { layer.forward(x.view(), y.view(), saved, workspace, {.lengths = lengths}); };
  const auto backward = [&] {
    layer.backward(x.view(), y.view(), saved, x_gradient.view(), gradients, workspace, {.lengths = lengths});
  };
  const auto prefill = [&] { layer.prefill(x.view(), y.view(), cache, workspace, {.lengths = lengths}); };
  const auto decode = [&] { layer.decode(x.slice(0, 1), y.slice(0, 1), cache, workspace); };
  // Decoding reads a longer cache every time, so the first round goes to the end of what follows.
  const auto all = [&] {
    cache.clear();
    forward();
    backward();
    prefill();
    prefill();
    for (int i = 0; i < 5; ++i) decode();
  };
  all();
  CHECK(allocations_of(forward) == 0);
  CHECK(allocations_of(backward) == 0);
  cache.clear();
  CHECK(allocations_of(prefill) == 0);
  CHECK(allocations_of(prefill) == 0);
  for (int i = 0; i < 5; ++i) CHECK(allocations_of(decode) == 0);
  CHECK(allocations_of(all) == 0);
}

TEST_CASE("in the steady state no call of a layer on the CPU backend allocates") {
  check_steady_state<cpu_backend, all_norms, float>();
  check_steady_state<cpu_backend, all_norms, bfloat16>();
  check_steady_state<cpu_backend, virtual_heads, float>();
  check_steady_state<cpu_backend, virtual_heads, float16>();
  check_steady_state<cpu_backend, virtual_heads, float, layer_execution{.mixing = mixing_execution::folded}>();
  check_steady_state<cpu_backend, plain, float>();
}

}  // namespace headwise::test
