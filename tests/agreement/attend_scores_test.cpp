// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"
#include "support/masks.hpp"
#include "support/scores.hpp"

namespace headwise::test {

template <typename... Scores>
struct scored : attention_variant<query_heads<3>, head_dim<8>, Scores...> {};

TEST_CASE_TEMPLATE_DEFINE("attention with every change of scores agrees with the reference", Setting, every_score) {
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 43);
}
TEST_CASE_TEMPLATE_APPLY(
    every_score,
    settings_of<fast_backends, scored<soft_cap<3>>, scored<alibi>, scored<score_scale<1.5>>, scored<score_scale<-0.25>>,
                scored<bent_by_head>, scored<soft_cap<2>, scattered_keys>, scored<alibi, causal_mask>>);

TEST_CASE_TEMPLATE_DEFINE("a score modification's data reaches every backend", Setting, score_with_data) {
  constexpr std::int64_t most_keys = 100;
  random_numbers random(44);
  const auto bias = random.normals<float>(most_keys * most_keys);
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 45, {}, {bias.data(), most_keys});
}
TEST_CASE_TEMPLATE_APPLY(score_with_data, settings_of<fast_backends, scored<added_bias, causal_mask>>);

}  // namespace headwise::test
