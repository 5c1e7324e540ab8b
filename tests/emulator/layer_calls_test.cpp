// SPDX-License-Identifier: Apache-2.0
// What only the emulator can say of the calls of a layer: what they launch, and what is there when one has failed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "emulator/settings.hpp"
#include "emulator/statistics.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/cuda.cuh"
#include "support/layer_calls.hpp"

namespace headwise::test {

struct all_norms
    : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<4>, value_dim<2>,
                        linear_key_mixing, low_rank_value_mixing<1>, norm_before_mixing<>, norm_after_mixing<>,
                        norm_after_attention<norm_settings{.groups = 2}>, rotary<>, causal_mask> {};
struct virtual_heads
    : attention_variant<query_heads<4>, component_heads<2>, head_dim<16>, linear_head_mixing, rotary<>, causal_mask> {};

template <typename Variant, typename Scalar, layer_execution Execution = layer_execution{}>
struct layer_problem {
  using layer_type = attention_layer<Variant, Scalar, cuda_backend, Execution>;
  static constexpr std::int64_t batch = 2;
  static constexpr std::int64_t tokens = 3;
  static constexpr std::int64_t d_model = 8;

  layer_type layer = layer_type({.d_model = d_model, .bias = true});
  layer_tokens<layer_type> x = tokens_of(251);
  layer_tokens<layer_type> y_gradient = tokens_of(252);
  layer_tokens<layer_type> y = x;
  typename layer_type::saved_type saved;
  typename layer_type::gradients_type gradients = layer.make_gradients();
  typename layer_type::cache_type cache{batch, 4 * tokens};

  static layer_tokens<layer_type> tokens_of(std::uint64_t seed) {
    random_numbers random(seed);
    return layer_tokens<layer_type>(random_tokens<Scalar>(batch, tokens, d_model, random));
  }

  void forward(cuda_workspace& scratch) { layer.forward(x.view(), y.view(), saved, scratch); }
  void backward(cuda_workspace& scratch) {
    layer.backward(x.view(), y_gradient.view(), saved, y.view(), gradients, scratch);
  }
  void prefill(cuda_workspace& scratch) { layer.prefill(x.view(), y.view(), cache, scratch); }
  void decode(cuda_workspace& scratch) { layer.decode(x.slice(0, 1), y.slice(0, 1), cache, scratch); }

  /// All that the calls leave behind.
  std::vector<std::vector<Scalar>> results() const {
    std::vector<std::vector<Scalar>> all{y.values()};
    gradients.for_each([&](std::string_view, const auto& values) { all.push_back(cuda_memory::load(values)); });
    return all;
  }
};

/// Every call fails for want of a single byte, and of all; then it gives what it gives at the first time.
template <typename Variant, typename Scalar, layer_execution Execution = layer_execution{}>
void check_small_workspaces() {
  using problem = layer_problem<Variant, Scalar, Execution>;
  problem clean;
  problem tried;
  const auto check_call = [&](std::size_t needed, const auto& call) {
    cuda_workspace enough({}, needed);
    call(clean, enough);
    for (const std::size_t bytes : {needed - 1, needed / 2, std::size_t{0}}) {
      CAPTURE(bytes);
      cuda_workspace scarce({}, bytes);
      const auto before = tried.results();
      const std::int64_t saved_before = tried.saved.batch;
      CHECK_THROWS_AS(call(tried, scarce), error);
      CHECK(tried.results() == before);
      CHECK(tried.saved.batch == saved_before);
    }
    cuda_workspace again({}, needed);
    call(tried, again);
    CHECK(tried.results() == clean.results());
    CHECK(std::ranges::equal(tried.cache.lengths(), clean.cache.lengths()));
  };
  const auto& layer = clean.layer;
  constexpr std::int64_t batch = problem::batch;
  constexpr std::int64_t tokens = problem::tokens;
  check_call(layer.forward_workspace_bytes(batch, tokens), [](problem& p, cuda_workspace& w) { p.forward(w); });
  check_call(layer.backward_workspace_bytes(batch, tokens), [](problem& p, cuda_workspace& w) { p.backward(w); });
  check_call(layer.prefill_workspace_bytes(batch, tokens, 0), [](problem& p, cuda_workspace& w) { p.prefill(w); });
  check_call(layer.decode_workspace_bytes(batch, tokens), [](problem& p, cuda_workspace& w) { p.decode(w); });
}

TEST_CASE("a layer's call in a workspace too small changes nothing, and can be made again in a larger one") {
  check_small_workspaces<all_norms, float>();
  check_small_workspaces<virtual_heads, bfloat16>();
  check_small_workspaces<virtual_heads, bfloat16,
                         layer_execution{.mixing = mixing_execution::folded, .decoding = decode_mode::absorbed}>();
}

/// Whichever launch fails, the cache is as it was, and the call made again gives what it gives at the first time.
template <typename Variant, typename Scalar>
void check_failing_launches() {
  using problem = layer_problem<Variant, Scalar>;
  problem clean;
  problem tried;
  cuda_workspace scratch({}, clean.layer.prefill_workspace_bytes(problem::batch, problem::tokens, problem::tokens));
  const auto check_call = [&](const auto& call) {
    call(clean);
    const std::vector<std::int64_t> before(tried.cache.lengths().begin(), tried.cache.lengths().end());
    int launches = 0;
    for (bool fails = true; fails && launches < 100; ++launches) {
      emulator::fail_next_launch(launches);
      try {
        call(tried);
        fails = false;
      } catch (const error&) {
        CHECK(std::ranges::equal(tried.cache.lengths(), before));
      }
    }
    emulator::fail_next_launch(-1);
    CHECK(launches > 8);
    CHECK(launches < 100);
    CHECK(tried.y.values() == clean.y.values());
    CHECK(std::ranges::equal(tried.cache.lengths(), clean.cache.lengths()));
  };
  check_call([&](problem& p) { p.prefill(scratch); });
  check_call([&](problem& p) { p.decode(scratch); });
}

TEST_CASE("a prefill whose launch fails leaves the cache as it was, and can be made again") {
  check_failing_launches<all_norms, float>();
  check_failing_launches<virtual_heads, bfloat16>();
}

TEST_CASE("a prompt's heads are turned, appended and mixed in one pass where the cache is empty") {
  layer_problem<virtual_heads, float> problem;
  cuda_workspace scratch({}, 1 << 20);
  const auto launches_of_prefill = [&](const char* kernel) {
    emulator::count_from_now();
    problem.prefill(scratch);
    emulator::stop_counting();
    return emulator::statistics_of(kernel).launches;
  };
  CHECK(launches_of_prefill("compose_and_append") == 2);
  CHECK(launches_of_prefill("compose_and_append") == 0);
  problem.cache.clear();
  CHECK(launches_of_prefill("append_heads") == 0);
  CHECK(launches_of_prefill("append_heads") == 2);
}

TEST_CASE("lengths of few sequences take no launch of their own where tokens are turned, appended and decoded") {
  layer_problem<virtual_heads, bfloat16> problem;
  cuda_workspace scratch({}, 1 << 20);
  problem.prefill(scratch);
  emulator::count_from_now();
  problem.decode(scratch);
  emulator::stop_counting();
  CHECK(emulator::statistics_of("rotate").launches == 2);
  CHECK(emulator::statistics_of("append_heads").launches == 2);
  CHECK(emulator::statistics_of("store_lengths").launches == 0);
}

}  // namespace headwise::test
