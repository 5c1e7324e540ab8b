// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/attend_policies.hpp"
#include "support/backends.hpp"

namespace headwise::test {

template <typename... Scores>
using scored = three_heads<head_dim<8>, Scores...>;

template <typename... Scores>
by_turns<fast_backends, scored<Scores>...> with_scores(policy_list<Scores...>);

TEST_CASE_TEMPLATE_DEFINE("attention with every change of scores agrees with the reference", Setting, every_score) {
  check_various_sizes<Setting>(43);
}
TEST_CASE_TEMPLATE_APPLY(every_score, decltype(with_scores(score_modifications{})));
TEST_CASE_TEMPLATE_APPLY(every_score, by_turns<fast_backends, scored<score_scale<1.5>>, scored<score_scale<-0.25>>,
                                               scored<soft_cap<2>, scattered_keys>, scored<alibi, causal_mask>>);

TEST_CASE_TEMPLATE_DEFINE("a score modification's data reaches every backend", Setting, score_with_data) {
  check_policies_with_data<Setting>(45);
}
TEST_CASE_TEMPLATE_APPLY(score_with_data, by_turns<fast_backends, scored<added_bias, causal_mask>>);

}  // namespace headwise::test
