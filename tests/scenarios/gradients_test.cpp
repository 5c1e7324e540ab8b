// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_gradient_check.hpp"
#include "support/backends.hpp"
#include "support/masks.hpp"
#include "support/scores.hpp"

namespace headwise::test {

template <typename... Policies>
using small = attention_variant<head_dim<3>, Policies...>;

struct full : small<query_heads<2>> {};
struct grouped : small<query_heads<4>, composite_heads<2>, value_dim<5>, causal_mask> {};
struct dealt : small<query_heads<5>, composite_heads<2>, cyclic_head_map, scattered_keys> {};
struct capped : small<query_heads<2>, soft_cap<4>, sliding_window<2>> {};
struct biased : small<query_heads<3>, alibi, causal_mask_top_left, score_scale<0.7>> {};
struct bent : small<query_heads<2>, bent_by_head, every_third_key_so_far> {};

/// Few queries and many take different ways through a backend.
const std::vector<attend_sizes> gradient_sizes = {
    {.batch = 1, .queries = 1, .keys = 1},
    {.batch = 2, .queries = 3, .keys = 4},
    {.batch = 1, .queries = 4, .keys = 2},
    {.batch = 3, .queries = 3, .keys = 3, .query_lengths = {3, 1, 0}, .key_lengths = {3, 2, 1}},
    {.batch = 1, .queries = 20, .keys = 23},
};

template <typename Backend, typename Variant>
void check_variant() {
  for (const attend_sizes& sizes : gradient_sizes) {
    CAPTURE(sizes);
    CHECK_GRADIENTS((check_attend_gradients<Backend, Variant>(sizes, 171)));
  }
}

TEST_CASE_ON_EVERY_BACKEND("gradients of queries, keys and values are slopes, for every mask and change of scores") {
  check_variant<Backend, full>();
  check_variant<Backend, grouped>();
  check_variant<Backend, dealt>();
  check_variant<Backend, capped>();
  check_variant<Backend, biased>();
  check_variant<Backend, bent>();
}

}  // namespace headwise::test
