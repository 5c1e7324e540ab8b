// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "scenarios/poisoned_memory.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

TEST_CASE_TEMPLATE_APPLY(poison, on_cuda<windowed, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(poison, on_cuda<hidden_keys, float16, float>);
TEST_CASE_TEMPLATE_APPLY(poison_of_long_sequences, on_cuda<windowed, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(poison_of_long_sequences, on_cuda<wide_windowed, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(live_nan, on_cuda<shared_causal, bfloat16>);

}  // namespace headwise::test
