// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"

namespace headwise::test {

/// Some rows and one whole head see nothing.
struct some_rows_blind {
  using slot = mask_slot;
  static constexpr bool blind(std::int64_t query, int head) {
    return head == 1 || query == 0 || query == 3 || query % 100 == 70;
  }
  static constexpr bool visible(token_pair at) { return !blind(at.query, at.head); }
};

/// The same rows are blinded by scores of minus infinity.
struct some_rows_minus_infinity {
  using slot = score_modification_slot;
  template <typename Real>
  static Real modify(Real score, token_pair at) {
    return some_rows_blind::blind(at.query, at.head) ? -std::numeric_limits<Real>::infinity() : score;
  }
  template <typename Real>
  static Real derivative(Real /*score*/, token_pair at) {
    return some_rows_blind::blind(at.query, at.head) ? Real(0) : Real(1);
  }
};

struct blind_by_mask : attention_variant<query_heads<2>, head_dim<8>, some_rows_blind, norm_after_attention<>> {};
struct blind_by_score : attention_variant<query_heads<2>, head_dim<8>, some_rows_minus_infinity> {};
struct causal : attention_variant<query_heads<2>, head_dim<8>, causal_mask> {};

/// A large finite bias is a score like any other.
struct very_low_scores {
  using slot = score_modification_slot;
  template <typename Real>
  static Real modify(Real score, token_pair /*at*/) {
    return score - Real(1e4);
  }
  template <typename Real>
  static Real derivative(Real /*score*/, token_pair /*at*/) {
    return Real(1);
  }
};
struct low_by_score : attention_variant<query_heads<2>, head_dim<8>, very_low_scores> {};
struct unchanged_scores : attention_variant<query_heads<2>, head_dim<8>> {};

template <typename Backend, typename Variant, typename Blind>
void check_blind_rows(const attend_sizes& sizes, const Blind& blind) {
  CAPTURE(sizes);
  auto t = random_attend_tensors<Variant, double>(sizes, 11);
  run_attend<Backend>(t);
  for_each_result(t, [&](const std::string& name, const std::vector<double>& values) {
    CAPTURE(name);
    if (name == "lse") return;
    CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }));
  });
  for (std::int64_t b = 0; b < sizes.batch; ++b)
    for (std::int64_t n = 0; n < sizes.queries; ++n)
      for (int h = 0; h < 2; ++h) {
        const double lse = t.lse.view().row(b, h)[n];
        if (!blind(n, h)) {
          CHECK(std::isfinite(lse));
          continue;
        }
        CHECK(lse == -std::numeric_limits<double>::infinity());
        for (int d = 0; d < 8; ++d) {
          CHECK(t.out.at(b, n, h, d) == 0.0);
          CHECK(t.q_gradient.at(b, n, h, d) == 0.0);
        }
      }
}

TEST_CASE_ON_EVERY_BACKEND("a row that a mask or scores blind gives 0 and minus infinity, and gradients 0") {
  for (const std::int64_t tokens : {1, 5, 130, 300}) {
    const attend_sizes sizes{.batch = 2, .queries = tokens, .keys = tokens};
    check_blind_rows<Backend, blind_by_mask>(sizes, some_rows_blind::blind);
    check_blind_rows<Backend, blind_by_score>(sizes, some_rows_blind::blind);
  }
}

TEST_CASE_ON_EVERY_BACKEND("queries before the first key see nothing under a causal mask") {
  for (const auto& [queries, keys] : {std::pair{3, 1}, {8, 5}, {200, 70}, {2, 0}})
    check_blind_rows<Backend, causal>({.batch = 1, .queries = queries, .keys = keys},
                                      [&, q = queries, k = keys](std::int64_t n, int) { return n < q - k; });
}

TEST_CASE_ON_EVERY_BACKEND("a whole head that sees nothing sends no gradient to its keys and values") {
  auto t = random_attend_tensors<blind_by_mask, double>({.batch = 1, .queries = 9, .keys = 9}, 12);
  run_attend<Backend>(t);
  for (std::int64_t n = 0; n < 9; ++n)
    for (int d = 0; d < 8; ++d) {
      CHECK(t.k_gradient.at(0, n, 1, d) == 0.0);
      CHECK(t.v_gradient.at(0, n, 1, d) == 0.0);
    }
}

TEST_CASE_ON_EVERY_BACKEND("a large finite bias on every score of a row hides nothing") {
  const attend_sizes sizes{.batch = 1, .queries = 40, .keys = 40};
  auto low = random_attend_tensors<low_by_score, double>(sizes, 13);
  auto plain = random_attend_tensors<unchanged_scores, double>(sizes, 13);
  run_attend<Backend>(low);
  run_attend<Backend>(plain);
  // Scores of 1e4 are known to 1e4 epsilon.
  CHECK(equal_up_to_rounding<double>(values_of(low.out), values_of(plain.out), 4e4));
  CHECK(equal_up_to_rounding<double>(values_of(low.q_gradient), values_of(plain.q_gradient), 4e5));
  for (const double lse : low.lse.values) CHECK(lse < -9e3);
}

TEST_CASE_ON_EVERY_BACKEND("the norm of an all-zero head is zero, and its gradients are finite") {
  const auto check = [&]<norm_settings Settings>() {
    using backend = Backend;
    typename backend::workspace workspace;
    const std::vector<double> x(2 * 3 * 8, 0.0);
    const std::vector<double> gain(8, 0.5);
    const std::vector<double> dy(x.size(), 1.0);
    std::vector<double> y(x.size(), 7.0);
    std::vector<double> dx(x.size(), 7.0);
    std::vector<double> dgain(8, 0.0);
    const auto in = batch_token_head_view<3, 8>(x.data(), 1, 2);
    backend::template normalize_heads<Settings>(in, std::span<const double>(gain),
                                                batch_token_head_view<3, 8>(y.data(), 1, 2), workspace);
    backend::template normalize_heads_backward<Settings>(
        in, std::span<const double>(gain), batch_token_head_view<3, 8>(dy.data(), 1, 2),
        batch_token_head_view<3, 8>(dx.data(), 1, 2), std::span<double>(dgain), workspace);
    for (const double value : y) CHECK(value == 0.0);
    for (const double value : dx) CHECK(std::isfinite(value));
    for (const double value : dgain) CHECK(value == 0.0);
  };
  check.template operator()<norm_settings{}>();
  check.template operator()<norm_settings{.epsilon = 0}>();
  check.template operator()<norm_settings{.groups = 1, .epsilon = 0}>();
}

}  // namespace headwise::test
