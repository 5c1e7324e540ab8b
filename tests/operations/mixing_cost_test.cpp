// SPDX-License-Identifier: Apache-2.0
#include "headwise/operations/mixing_cost.hpp"

#include <doctest/doctest.h>

#include <cstdint>

#include "headwise/attention_variant.hpp"
#include "headwise/named_variants.hpp"
#include "support/errors.hpp"

namespace headwise::test {

template <int G, int C>
using of_heads = attention_variant<query_heads<32>, composite_heads<G>, component_heads<C>, head_dim<128>,
                                   linear_head_mixing, causal_mask>;
using square = of_heads<32, 32>;
using fewer_components = of_heads<32, 8>;
using more_components = of_heads<8, 32>;
using grouped = of_heads<8, 8>;

struct normed_before_mixing : attention_variant<query_heads<2>, head_dim<4>, linear_head_mixing, norm_before_mixing<>> {
};
struct normed_after_mixing : attention_variant<query_heads<2>, head_dim<4>, linear_head_mixing, norm_after_mixing<>> {};
using plain = multi_head<2, 8>;

constexpr auto on_activations = mixing_execution::on_activations;
constexpr auto folded = mixing_execution::folded;

/// A machine whose steps are as long as their operations.
constexpr machine_rates all_operations{
    .flops_per_byte = 0, .cached_flops_per_byte = 0, .cache_bytes = 0, .mixing_slowdown = 1};

template <typename Variant>
constexpr mixing_cost_model<Variant, float> counted{all_operations};

TEST_CASE("operations of forward are those of projecting and mixing") {
  constexpr double M = 100;
  constexpr double N = 10;
  constexpr double matrix = 2 * 8 * 32 * 128;  // of one token's mixing, on either side of two
  constexpr auto mixed = counted<fewer_components>.forward(on_activations, 10, 100);
  CHECK(mixed.flops == 2 * (2 * N * M * 8 * 128 + N * matrix));
  CHECK(mixed.time == mixed.flops);
  CHECK(counted<fewer_components>.forward(folded, 10, 100).flops == 2 * (2 * N * M * 32 * 128 + M * matrix));
  CHECK(counted<fewer_components>.backward(on_activations, 10, 100).flops ==
        2 * (4 * N * M * 8 * 128 + 2 * N * matrix));
  CHECK(counted<fewer_components>.backward(folded, 10, 100).flops == 2 * (4 * N * M * 32 * 128 + 3 * M * matrix));
  CHECK(counted<plain>.forward(on_activations, 10, 100).flops == 2 * (2 * N * M * 2 * 8));
}

TEST_CASE("bytes are those of every tensor that a step reads or writes") {
  constexpr double M = 100;
  constexpr double N = 10;
  constexpr auto cost = counted<square>.forward(on_activations, 10, 100);
  CHECK(cost.bytes == 4 * 2 * (N * M + M * 4096 + N * 4096 + 2 * N * 4096));
  constexpr mixing_cost_model<square, float> slow_memory{{1e9, 1e9, 0, 1}};
  CHECK(slow_memory.forward(on_activations, 10, 100).time == cost.bytes * 1e9);
  CHECK(cost.seconds(2) == cost.time / 2);
}

TEST_CASE("folding pays where tokens are many, and not where it widens the projections") {
  // By operations alone: forward and backward mix every token three times, or the projections four times.
  constexpr auto model = counted<square>;
  static_assert(model.chosen(1, 4096) == on_activations);
  CHECK(model.chosen(4096 * 4 / 3, 4096) == on_activations);
  CHECK(model.chosen(4096 * 4 / 3 + 2, 4096) == folded);
  for (const std::int64_t tokens : {64, 2048, 1 << 20})
    CHECK(counted<fewer_components>.chosen(tokens, 4096) == on_activations);
  // As many components as composites in width is not the point: a token this narrow mixes more than it projects.
  CHECK(counted<fewer_components>.chosen(1 << 20, 4) == folded);
  CHECK(counted<more_components>.chosen(4096, 4096) == folded);
  CHECK(counted<normed_before_mixing>.chosen(1 << 20, 4) == on_activations);
  CHECK(counted<plain>.chosen(1 << 20, 4) == on_activations);
}

TEST_CASE_TEMPLATE("what is chosen costs no more than what is not", Variant, square, fewer_components, more_components,
                   grouped) {
  constexpr mixing_cost_model<Variant, float> model;
  const auto passes = [&](mixing_execution how, std::int64_t tokens, std::int64_t d_model) {
    return (model.forward(how, tokens, d_model) + model.backward(how, tokens, d_model)).time;
  };
  for (const std::int64_t d_model : {64, 1024, 4096})
    for (std::int64_t tokens = 1; tokens < 1 << 20; tokens *= 4) {
      const double chosen = passes(mixing_execution::choose, tokens, d_model);
      CHECK(chosen <= passes(folded, tokens, d_model));
      CHECK(chosen <= passes(on_activations, tokens, d_model));
    }
  for (const std::int64_t queries : {1, 8, 64})
    for (std::int64_t keys = 1; keys < 1 << 20; keys *= 4) {
      const double chosen = model.decode(decode_mode::choose, 2, queries, keys).time;
      CHECK(chosen <= model.decode(decode_mode::expanded, 2, queries, keys).time);
      CHECK(chosen <= model.decode(decode_mode::absorbed, 2, queries, keys).time);
    }
}

TEST_CASE("decoding absorbs where queries are few, and composite heads are built where they serve many") {
  CHECK(counted<square>.decode(decode_mode::absorbed, 1, 1, 1).flops == 2 * 32 * 32 * 256);
  CHECK(counted<square>.decode(decode_mode::expanded, 1, 1, 1).flops == 2 * (32 * 32 + 32) * 256);
  constexpr mixing_cost_model<square, float> model;
  static_assert(model.chosen_decode_mode(1, 1, 1 << 14) == decode_mode::absorbed);
  CHECK(model.chosen_decode_mode(1, 2048, 2048) == decode_mode::expanded);
  // Few composite heads are cheap to build while they stay in caches, and not where they go to memory and back.
  constexpr mixing_cost_model<grouped, float> few;
  CHECK(few.chosen_decode_mode(1, 1, 512) == decode_mode::expanded);
  CHECK(few.chosen_decode_mode(1, 1, 1 << 14) == decode_mode::absorbed);
  CHECK(few.chosen_decode_mode(32, 1, 512) == decode_mode::absorbed);
  CHECK(mixing_cost_model<normed_after_mixing, float>{}.chosen_decode_mode(1, 1, 100) == decode_mode::expanded);
  CHECK(mixing_cost_model<plain, float>{}.chosen_decode_mode(1, 1, 100) == decode_mode::expanded);
}

TEST_CASE("the cost of what a variant cannot do is refused") {
  CHECK(refuses([] { counted<normed_before_mixing>.forward(folded, 1, 1); }, "how", "mixing_execution::folded",
                "mixing_execution::on_activations for this variant"));
  CHECK(refuses([] { counted<normed_after_mixing>.decode(decode_mode::absorbed, 1, 1, 1); }, "how",
                "a mode that this variant is not decoded in", "decode_mode::expanded"));
}

}  // namespace headwise::test
