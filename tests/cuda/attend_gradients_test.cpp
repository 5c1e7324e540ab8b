// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "scenarios/gradients.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, double>;

TEST_CASE_TEMPLATE_APPLY(slopes, on_cuda<grouped>);
TEST_CASE_TEMPLATE_APPLY(slopes, on_cuda<dealt>);
TEST_CASE_TEMPLATE_APPLY(slopes, on_cuda<bent>);

}  // namespace headwise::test
