// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/shared_tile.cuh"
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

TEST_CASE("strides that lead nowhere keep no tensor from being moved in chunks") {
  alignas(16) static bfloat16 numbers[200];
  head_view<bfloat16, 1, 16> view{
      .data = numbers, .batch = 1, .tokens = 4, .batch_stride = 67, .token_stride = 16, .head_stride = 5};
  CHECK(cuda::has_aligned_chunks(view));
  CHECK(cuda::has_aligned_pairs(view));
  view.batch = 2;
  CHECK_FALSE(cuda::has_aligned_chunks(view));
  CHECK_FALSE(cuda::has_aligned_pairs(view));
}

}  // namespace headwise::test
