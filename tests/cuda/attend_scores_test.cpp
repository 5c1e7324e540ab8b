// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "scenarios/extreme_logits.hpp"
#include "scenarios/given_delta.hpp"
#include "scenarios/short_and_ragged_tails.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

TEST_CASE_TEMPLATE_APPLY(extreme_logits, on_cuda<extreme_scores, bfloat16, float16, float>);
TEST_CASE_TEMPLATE_APPLY(extreme_logits, on_cuda<extreme_capped_scores, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(ten_thousand_million, on_cuda<extreme_scores, bfloat16, float16>);
TEST_CASE_TEMPLATE_APPLY(many_keys, on_cuda<extreme_scores, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(tails, on_cuda<capped_window, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(tails, on_cuda<biased_causal, float16>);
TEST_CASE_TEMPLATE_APPLY(thousand, on_cuda<capped_window, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(thousand, on_cuda<biased_causal, float16>);
TEST_CASE_TEMPLATE_APPLY(given_delta, on_cuda<grouped_heads, bfloat16, float>);
TEST_CASE_TEMPLATE_APPLY(given_delta, on_cuda<odd_window, float16>);

}  // namespace headwise::test
