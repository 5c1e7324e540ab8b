// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "headwise/attention_variant.hpp"
#include "headwise/core/host_device.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

/// Some rows and one whole head see nothing.
struct some_rows_blind {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr bool blind(std::int64_t query, int head) {
    return head == 1 || query == 0 || query == 3 || query % 100 == 70;
  }
  HEADWISE_HOST_DEVICE static constexpr bool visible(token_pair at) { return !blind(at.query, at.head); }
};

template <typename Real>
inline constexpr Real minus_infinity = -std::numeric_limits<Real>::infinity();

/// The same rows are blinded by scores of minus infinity.
struct some_rows_minus_infinity {
  using slot = score_modification_slot;
  template <typename Real>
  HEADWISE_HOST_DEVICE static Real modify(Real score, token_pair at) {
    return some_rows_blind::blind(at.query, at.head) ? minus_infinity<Real> : score;
  }
  template <typename Real>
  HEADWISE_HOST_DEVICE static Real derivative(Real /*score*/, token_pair at) {
    return some_rows_blind::blind(at.query, at.head) ? Real(0) : Real(1);
  }
};

struct blind_by_mask : attention_variant<query_heads<2>, head_dim<8>, some_rows_blind, norm_after_attention<>> {};
struct blind_by_score : attention_variant<query_heads<2>, head_dim<8>, some_rows_minus_infinity> {};
struct two_causal : attention_variant<query_heads<2>, head_dim<8>, causal_mask> {};

/// A large finite bias is a score like any other.
struct very_low_scores {
  using slot = score_modification_slot;
  template <typename Real>
  HEADWISE_HOST_DEVICE static Real modify(Real score, token_pair /*at*/) {
    return score - Real(1e4);
  }
  template <typename Real>
  HEADWISE_HOST_DEVICE static Real derivative(Real /*score*/, token_pair /*at*/) {
    return Real(1);
  }
};
struct low_by_score : attention_variant<query_heads<2>, head_dim<8>, very_low_scores> {};
struct unchanged_scores : attention_variant<query_heads<2>, head_dim<8>> {};

/// Rows that `blind(index, head)` names give nothing, and the others numbers.
template <typename Setting, typename Blind>
void check_blind_rows(const attend_sizes& sizes, const Blind& blind) {
  CAPTURE(sizes);
  auto t = random_attend_tensors<typename Setting::variant, typename Setting::scalar>(sizes, 11);
  backend_runner<typename Setting::backend>::attend(t);
  for_each_result(t, [&](const std::string& name, const auto& values) {
    CAPTURE(name);
    if (name != "lse") CHECK(all_finite(values));
  });
  for (std::int64_t b = 0; b < sizes.batch; ++b)
    for (std::int64_t n = 0; n < sizes.queries; ++n)
      for (int h = 0; h < 2; ++h) {
        const auto lse = static_cast<double>(t.lse.view().row(b, h)[n]);
        if (!blind(n, h)) {
          CHECK(std::isfinite(lse));
          continue;
        }
        CHECK(lse == minus_infinity<double>);
        for (int d = 0; d < 8; ++d) {
          CHECK(static_cast<double>(t.out.at(b, n, h, d)) == 0.0);
          CHECK(static_cast<double>(t.q_gradient.at(b, n, h, d)) == 0.0);
        }
      }
}

TEST_CASE_TEMPLATE_DEFINE("a row that a mask or scores blind gives 0 and minus infinity, and gradients 0", Setting,
                          blind_rows) {
  for (const std::int64_t tokens : {1, 5, 130, 300})
    check_blind_rows<Setting>({.batch = 2, .queries = tokens, .keys = tokens}, some_rows_blind::blind);
}

TEST_CASE_TEMPLATE_DEFINE("queries before the first key see nothing under a causal mask", Setting, early_queries) {
  for (const auto& [queries, keys] : {std::pair{3, 1}, {8, 5}, {200, 70}, {2, 0}})
    check_blind_rows<Setting>({.batch = 1, .queries = queries, .keys = keys},
                              [&, q = queries, k = keys](std::int64_t n, int) { return n < q - k; });
}

TEST_CASE_TEMPLATE_DEFINE("a whole head that sees nothing sends no gradient to its keys and values", Setting,
                          blind_head) {
  auto t = random_attend_tensors<blind_by_mask, typename Setting::scalar>({.batch = 1, .queries = 9, .keys = 9}, 12);
  backend_runner<typename Setting::backend>::attend(t);
  for (std::int64_t n = 0; n < 9; ++n)
    for (int d = 0; d < 8; ++d) {
      CHECK(static_cast<double>(t.k_gradient.at(0, n, 1, d)) == 0.0);
      CHECK(static_cast<double>(t.v_gradient.at(0, n, 1, d)) == 0.0);
    }
}

TEST_CASE_TEMPLATE_DEFINE("a large finite bias on every score of a row hides nothing", Setting, low_scores) {
  using scalar = typename Setting::scalar;
  using sums = sum_type<scalar>;
  const attend_sizes sizes{.batch = 1, .queries = 40, .keys = 40};
  auto low = random_attend_tensors<low_by_score, scalar>(sizes, 13);
  auto plain = random_attend_tensors<unchanged_scores, scalar>(sizes, 13);
  backend_runner<typename Setting::backend>::attend(low);
  backend_runner<typename Setting::backend>::attend(plain);
  // Scores of 1e4 are known to 1e4 epsilon, and weights to as much of their size.
  const auto close = [](const auto& a, const auto& b) {
    const auto expected = values_of(b);
    const double size = largest_magnitude(expected);
    return as_precise_as_plain(1, values_of(a), expected, expected,
                               rounding_floor<scalar, sums>({.summed = 1e4 * size, .stored = 2 * size}));
  };
  CHECK(close(low.out, plain.out));
  CHECK(close(low.q_gradient, plain.q_gradient));
  CHECK(close(low.k_gradient, plain.k_gradient));
  CHECK(close(low.v_gradient, plain.v_gradient));
  auto nothing = low;
  nothing.set_outputs(scalar(0.0F));
  CHECK_FALSE(close(nothing.out, plain.out));
  CHECK_FALSE(close(nothing.q_gradient, plain.q_gradient));
  for (const auto lse : low.lse.values) CHECK(lse < -9e3);
}

}  // namespace headwise::test
