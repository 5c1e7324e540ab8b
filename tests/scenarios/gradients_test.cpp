// SPDX-License-Identifier: Apache-2.0
#include "scenarios/gradients.hpp"

#include <doctest/doctest.h>

#include <tuple>

#include "support/backends.hpp"

namespace headwise::test {

// Others are compared with the reference, so that slopes of two variants are enough for them.
using on_reference = in_double<std::tuple<reference_backend>, full, grouped, dealt, capped, biased, bent>;
using on_others = in_double<fast_backends, grouped, bent>;

TEST_CASE_TEMPLATE_APPLY(slopes, on_reference);
TEST_CASE_TEMPLATE_APPLY(many_slopes, on_reference);
TEST_CASE_TEMPLATE_APPLY(slopes, on_others);
TEST_CASE_TEMPLATE_APPLY(many_slopes, on_others);

}  // namespace headwise::test
