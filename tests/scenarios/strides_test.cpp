// SPDX-License-Identifier: Apache-2.0
#include "scenarios/strides.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(every_layout, in_float<test_backends, even_heads>);
TEST_CASE_TEMPLATE_APPLY(every_layout, in_double<test_backends, odd_heads>);
TEST_CASE_TEMPLATE_APPLY(shared_inputs, in_double<test_backends, even_heads>);
TEST_CASE_TEMPLATE_APPLY(mixed_layouts, in_float<test_backends, even_heads>);
TEST_CASE_TEMPLATE_APPLY(shared_outputs, in_float<test_backends, even_heads>);

}  // namespace headwise::test
