// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/attend_policies.hpp"
#include "support/backends.hpp"

namespace headwise::test {

template <typename... Scores>
using scored = three_heads<head_dim<8>, Scores...>;

TEST_CASE_TEMPLATE_DEFINE("attention with every change of scores agrees with the reference", Setting, every_score) {
  for (int score = 0; score < Setting::variant::score_modification::count; ++score) {
    CAPTURE(score);
    check_various_sizes<Setting>(43, {}, {score});
  }
}
using any_score = score_of<score_modifications>;
TEST_CASE_TEMPLATE_APPLY(
    every_score,
    by_turns<fast_backends, scored<any_score>, scored<any_score, scattered_keys>, scored<any_score, causal_mask>>);

TEST_CASE_TEMPLATE_DEFINE("attention with scores of any scale agrees with the reference", Setting, every_scale) {
  check_various_sizes<Setting>(43);
}
TEST_CASE_TEMPLATE_APPLY(every_scale, in_double<fast_backends, scored<score_scale<-0.25>>>);

TEST_CASE_TEMPLATE_DEFINE("a score modification's data reaches every backend", Setting, score_with_data) {
  check_policies_with_data<Setting>(45);
}
TEST_CASE_TEMPLATE_APPLY(score_with_data, by_turns<fast_backends, scored<added_bias, causal_mask>>);

}  // namespace headwise::test
