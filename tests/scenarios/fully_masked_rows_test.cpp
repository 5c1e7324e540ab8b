// SPDX-License-Identifier: Apache-2.0
#include "scenarios/fully_masked_rows.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(blind_rows, in_double<test_backends, blind_by_mask, blind_by_score>);
TEST_CASE_TEMPLATE_APPLY(early_queries, in_double<test_backends, two_causal>);
TEST_CASE_TEMPLATE_APPLY(blind_head, in_double<test_backends, blind_by_mask>);
TEST_CASE_TEMPLATE_APPLY(low_scores, in_double<test_backends, low_by_score>);

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
