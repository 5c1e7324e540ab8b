// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <utility>

#include "headwise/attention_variant.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct capped_window
    : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, sliding_window<50>, soft_cap<3>> {};
struct biased_causal : attention_variant<query_heads<2>, head_dim<8>, value_dim<12>, alibi, causal_mask> {};

TEST_CASE_TEMPLATE_DEFINE("sizes around every tile agree, with mask and score rule both at work", Setting, tails) {
  for (const auto& [queries, keys] : {std::pair{1, 1},
                                      {1, 2},
                                      {2, 1},
                                      {3, 3},
                                      {2, 17},
                                      {15, 15},
                                      {16, 16},
                                      {17, 31},
                                      {63, 65},
                                      {95, 96},
                                      {96, 95},
                                      {97, 193},
                                      {127, 129},
                                      {5, 255},
                                      {255, 257},
                                      {257, 256},
                                      {193, 513}})
    check_attend<Setting>({.batch = 1, .queries = queries, .keys = keys}, 41);
}

TEST_CASE_TEMPLATE_DEFINE("a thousand tokens and one agree", Setting, thousand) {
  check_attend<Setting>({.batch = 1, .queries = 1025, .keys = 1025}, 42);
}

}  // namespace headwise::test
