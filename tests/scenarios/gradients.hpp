// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/attend_gradient_check.hpp"
#include "support/conformance.hpp"
#include "support/masks.hpp"
#include "support/scores.hpp"

namespace headwise::test {

template <typename... Policies>
using small_heads = attention_variant<head_dim<3>, Policies...>;

struct full : small_heads<query_heads<2>> {};
struct grouped : small_heads<query_heads<4>, composite_heads<2>, value_dim<5>, causal_mask> {};
struct dealt : small_heads<query_heads<5>, composite_heads<2>, cyclic_head_map, scattered_keys> {};
struct capped : small_heads<query_heads<2>, soft_cap<4>, sliding_window<2>> {};
struct biased : small_heads<query_heads<3>, alibi, causal_mask_top_left, score_scale<0.7>> {};
struct bent : small_heads<query_heads<2>, bent_by_head, every_third_key_so_far> {};

template <typename Setting>
void check_slopes(const attend_sizes& sizes) {
  CAPTURE(sizes);
  CHECK_GRADIENTS((check_attend_gradients<typename Setting::backend, typename Setting::variant>(sizes, 171)));
}

// Few queries and many take different ways through a backend.

TEST_CASE_TEMPLATE_DEFINE("gradients of queries, keys and values are slopes, for every mask and change of scores",
                          Setting, slopes) {
  check_slopes<Setting>({.batch = 1, .queries = 1, .keys = 1});
  check_slopes<Setting>({.batch = 2, .queries = 3, .keys = 4});
  check_slopes<Setting>({.batch = 1, .queries = 4, .keys = 2});
  check_slopes<Setting>({.batch = 3, .queries = 3, .keys = 3, .query_lengths = {3, 1, 0}, .key_lengths = {3, 2, 1}});
}
TEST_CASE_TEMPLATE_DEFINE("gradients are slopes where queries are many", Setting, many_slopes) {
  check_slopes<Setting>({.batch = 1, .queries = 20, .keys = 23});
}

}  // namespace headwise::test
