// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/attend_gradient_check.hpp"

namespace headwise::test {

template <typename... Policies>
using small = attention_variant<head_dim<3>, number_types<double>, Policies...>;

struct full : small<query_heads<2>> {};
struct causal : small<query_heads<2>, causal_mask> {};
struct grouped : small<query_heads<4>, composite_heads<2>, value_dim<5>, causal_mask> {};
struct dealt : small<query_heads<5>, composite_heads<2>, cyclic_head_map> {};
struct capped : small<query_heads<2>, soft_cap<2>, sliding_window<2>> {};
struct biased : small<query_heads<3>, alibi, causal_mask_top_left> {};

TEST_CASE_TEMPLATE("the backward of attention is its gradient", Variant, full, causal, grouped, dealt, capped, biased) {
  const attend_sizes sizes[] = {
      {.batch = 1, .queries = 1, .keys = 1},
      {.batch = 2, .queries = 3, .keys = 4},
      {.batch = 1, .queries = 4, .keys = 2},
      {.batch = 3, .queries = 3, .keys = 3, .query_lengths = {3, 1, 0}, .key_lengths = {3, 2, 1}},
  };
  for (const attend_sizes& s : sizes) {
    CAPTURE(s);
    CHECK_GRADIENTS((check_attend_gradients<reference_backend, Variant>(s, 31)));
  }
}

}  // namespace headwise::test
