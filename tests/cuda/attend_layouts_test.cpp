// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "scenarios/misaligned_pointers.hpp"
#include "scenarios/strides.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

TEST_CASE_TEMPLATE_APPLY(every_layout, on_cuda<even_heads, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(every_layout, on_cuda<odd_heads, float16>);
TEST_CASE_TEMPLATE_APPLY(shared_inputs, on_cuda<even_heads, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(mixed_layouts, on_cuda<even_heads, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(mixed_layouts, on_cuda<odd_heads, float16, float>);
TEST_CASE_TEMPLATE_APPLY(shared_outputs, on_cuda<even_heads, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(any_address, on_cuda<whole_packets, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(any_address, on_cuda<broken_packets, float16>);

}  // namespace headwise::test
