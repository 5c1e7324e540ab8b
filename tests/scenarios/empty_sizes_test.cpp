// SPDX-License-Identifier: Apache-2.0
#include "scenarios/empty_sizes.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(all_empty, in_double<test_backends, grouped_causal, odd_biased>);
TEST_CASE_TEMPLATE_APPLY(some_empty, in_double<test_backends, grouped_causal>);

}  // namespace headwise::test
