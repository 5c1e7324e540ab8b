// SPDX-License-Identifier: Apache-2.0
#include "scenarios/given_delta.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(given_delta, in_double<test_backends, grouped_heads, odd_window>);

}  // namespace headwise::test
