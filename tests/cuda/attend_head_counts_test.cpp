// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

#include "headwise/attention_variant.hpp"
#include "support/conformance.hpp"
#include "support/head_groups.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

TEST_CASE_TEMPLATE_DEFINE("groups of any size on CUDA agree with the reference", Setting, group_sizes) {
  check_various_sizes<Setting>(53);
}
TEST_CASE_TEMPLATE_APPLY(group_sizes, on_cuda<grouped<5, 1>, bfloat16, float>);
TEST_CASE_TEMPLATE_APPLY(group_sizes, on_cuda<grouped<12, 2, cyclic_head_map>, bfloat16>);
TEST_CASE_TEMPLATE_APPLY(group_sizes, on_cuda<grouped<7, 5>, float16>);

TEST_CASE_TEMPLATE_DEFINE("attention on CUDA with every accumulator agrees with the reference", Setting,
                          every_accumulator) {
  check_various_sizes<Setting>(46);
}
using wide_sums = with_numbers<number_types<float, double>>;
TEST_CASE_TEMPLATE_APPLY(every_accumulator, on_cuda<wide_sums, float>);

struct many_rows : attention_variant<query_heads<2>, composite_heads<1>, head_dim<8>> {};

TEST_CASE_TEMPLATE_DEFINE("more sequences and heads than a grid's other axes hold are attended", Setting, many_blocks) {
  // Most are empty, so that they take no time.
  attend_sizes sizes{.batch = 32800, .queries = 1, .keys = 2};
  sizes.key_lengths.assign(static_cast<std::size_t>(sizes.batch), 0);
  for (std::size_t b = 99; b < sizes.key_lengths.size(); b += 100) sizes.key_lengths[b] = 2;
  check_attend<Setting>(sizes, 55);
}
TEST_CASE_TEMPLATE_APPLY(many_blocks, on_cuda<many_rows, float>);
#if defined(__CUDACC__)
// The emulator needs a minute for so many blocks that share memory.
TEST_CASE_TEMPLATE_APPLY(many_blocks, on_cuda<many_rows, bfloat16>);
#endif

}  // namespace headwise::test
