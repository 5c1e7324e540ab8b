// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/layers.hpp"

namespace headwise::test {

template <typename... Policies>
using causal = attention_variant<head_dim<8>, rotary<>, causal_mask, Policies...>;
struct multi_head : causal<query_heads<4>> {};
struct grouped : causal<query_heads<6>, composite_heads<2>, cyclic_head_map> {};
struct mixed : causal<query_heads<4>, linear_head_mixing, norm_after_attention<>> {};
struct three_to_eight : causal<query_heads<8>, component_heads<3>, linear_head_mixing> {};
struct five_to_seven : causal<query_heads<7>, component_heads<5>, value_dim<12>, linear_head_mixing, alibi> {};
struct more_components : causal<query_heads<2>, component_heads<3>, low_rank_head_mixing<2>> {};
struct all_norms : causal<query_heads<4>, component_heads<2>, linear_head_mixing, norm_before_mixing<>,
                          norm_after_mixing<>, norm_after_attention<>> {};
struct windowed : attention_variant<query_heads<4>, component_heads<2>, head_dim<8>, linear_head_mixing,
                                    rotary<rotary_settings{rotary_pairing::interleaved}>, sliding_window<5>> {};

constexpr std::int64_t width = 10;

/// The outputs of the whole sequence, in one pass and from a cache that is filled in chunks.
template <typename Backend, typename Variant>
struct cached_run {
  using layer_type = attention_layer<Variant, double, Backend>;
  layer_type layer{{.d_model = width, .seed = 9}};
  typename layer_type::workspace scratch;
  random_numbers random{131};
  std::int64_t tokens;
  token_tensor<double> x;

  explicit cached_run(std::int64_t count) : tokens(count), x(random_tokens<double>(2, count, width, random)) {
    randomize(layer.parameters(), 132);
  }

  std::vector<double> in_one_pass() {
    typename layer_type::saved_type saved;
    token_tensor<double> y(2, tokens, width);
    layer.forward(x.view(), y.view(), saved, scratch);
    return y.values;
  }
  std::vector<double> in_chunks(const std::vector<std::int64_t>& chunks) {
    typename layer_type::cache_type cache(2, tokens);
    token_tensor<double> y(2, tokens, width);
    std::int64_t first = 0;
    for (const std::int64_t chunk : chunks) {
      const auto part = std::as_const(x).slice(first, chunk);
      if (chunk == 1) {
        layer.decode(part, y.slice(first, chunk), cache, scratch);
      } else {
        layer.prefill(part, y.slice(first, chunk), cache, scratch);
      }
      first += chunk;
    }
    return y.values;
  }
};

template <typename Backend, typename Variant>
void check_cache() {
  cached_run<Backend, Variant> run(21);
  const auto whole = run.in_one_pass();
  const double magnitude = 1000 * largest_magnitude(whole);
  CHECK(equal_up_to_rounding<double>(run.in_chunks({21}), whole, magnitude));
  CHECK(equal_up_to_rounding<double>(run.in_chunks({13, 5, 3}), whole, magnitude));
  CHECK(equal_up_to_rounding<double>(run.in_chunks(std::vector<std::int64_t>(21, 1)), whole, magnitude));
  CHECK(equal_up_to_rounding<double>(run.in_chunks({10, 1, 1, 8, 1}), whole, magnitude));
}

TEST_CASE_ON_EVERY_BACKEND("prefill, chunked prefill and decoding token by token are one pass") {
  check_cache<Backend, multi_head>();
  check_cache<Backend, grouped>();
  check_cache<Backend, mixed>();
  check_cache<Backend, three_to_eight>();
}

TEST_CASE_ON_EVERY_BACKEND("the same holds for any counts of heads, norms and windows") {
  check_cache<Backend, five_to_seven>();
  check_cache<Backend, more_components>();
  check_cache<Backend, all_norms>();
  check_cache<Backend, windowed>();
}

TEST_CASE_ON_EVERY_BACKEND("sequences of their own lengths are decoded as each would be alone") {
  cached_run<Backend, three_to_eight> run(12);
  typename cached_run<Backend, three_to_eight>::layer_type::cache_type cache(2, 12);
  const auto whole = run.in_one_pass();
  token_tensor<double> y(2, 9, width);
  const std::vector<std::int64_t> prompt{9, 4};
  run.layer.prefill(std::as_const(run.x).slice(0, 9), y.view(), cache, run.scratch, {.lengths = prompt});
  CHECK(cache.lengths()[1] == 4);
  // Each goes on behind its own prompt.
  token_tensor<double> next(2, 1, width);
  token_tensor<double> next_y(2, 1, width);
  for (std::int64_t b = 0; b < 2; ++b)
    std::copy_n(run.x.view().row(b, prompt[static_cast<std::size_t>(b)]), width, next.view().row(b, 0));
  run.layer.decode(next.view(), next_y.view(), cache, run.scratch);
  const double magnitude = 1000 * largest_magnitude(whole);
  for (std::int64_t b = 0; b < 2; ++b) {
    const std::int64_t position = prompt[static_cast<std::size_t>(b)];
    for (std::int64_t i = 0; i < width; ++i)
      CHECK(std::fabs(next_y.view().row(b, 0)[i] - whole[static_cast<std::size_t>((b * 12 + position) * width + i)]) <=
            rounding_floor<double>(magnitude));
  }
}

TEST_CASE_ON_EVERY_BACKEND("a cache that was cut goes on as if the rest had never been") {
  cached_run<Backend, mixed> run(12);
  typename cached_run<Backend, mixed>::layer_type::cache_type cache(2, 12);
  const auto whole = run.in_one_pass();
  token_tensor<double> y(2, 12, width);
  run.layer.prefill(run.x.view(), y.view(), cache, run.scratch);
  for (const std::int64_t b : {0, 1}) cache.truncate(b, 7);
  token_tensor<double> rest(2, 5, width);
  run.layer.prefill(std::as_const(run.x).slice(7, 5), rest.view(), cache, run.scratch);
  const double magnitude = 1000 * largest_magnitude(whole);
  for (std::int64_t i = 0; i < 5 * width; ++i)
    CHECK(std::fabs(rest.values[static_cast<std::size_t>(i)] - whole[static_cast<std::size_t>(7 * width + i)]) <=
          rounding_floor<double>(magnitude));
}

}  // namespace headwise::test
