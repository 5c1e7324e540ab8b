// SPDX-License-Identifier: Apache-2.0
#include "scenarios/misaligned_pointers.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(any_address, in_float<test_backends, whole_packets, broken_packets>);
TEST_CASE_TEMPLATE_APPLY(any_address, in_double<test_backends, whole_packets>);

}  // namespace headwise::test
