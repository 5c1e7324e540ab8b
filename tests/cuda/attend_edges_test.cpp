// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "scenarios/empty_sizes.hpp"
#include "scenarios/fully_masked_rows.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

TEST_CASE_TEMPLATE_APPLY(all_empty, on_cuda<grouped_causal, bfloat16, float>);
TEST_CASE_TEMPLATE_APPLY(some_empty, on_cuda<grouped_causal, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(blind_rows, on_cuda<blind_by_mask, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(blind_rows, on_cuda<blind_by_score, float16>);
TEST_CASE_TEMPLATE_APPLY(early_queries, on_cuda<two_causal, bfloat16, double>);
TEST_CASE_TEMPLATE_APPLY(blind_head, on_cuda<blind_by_mask, bfloat16, float>);
TEST_CASE_TEMPLATE_APPLY(low_scores, on_cuda<low_by_score, bfloat16>);

}  // namespace headwise::test
