// SPDX-License-Identifier: Apache-2.0
#include "scenarios/gradients.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

using everywhere = in_double<test_backends, full, grouped, dealt, capped, biased, bent>;

TEST_CASE_TEMPLATE_APPLY(slopes, everywhere);
TEST_CASE_TEMPLATE_APPLY(many_slopes, everywhere);

}  // namespace headwise::test
