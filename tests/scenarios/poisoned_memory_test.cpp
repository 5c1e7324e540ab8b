// SPDX-License-Identifier: Apache-2.0
#include "scenarios/poisoned_memory.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(poison, in_double<test_backends, windowed, hidden_keys>);
TEST_CASE_TEMPLATE_APPLY(poison_of_long_sequences, in_double<test_backends, windowed, wide_windowed>);
TEST_CASE_TEMPLATE_APPLY(live_nan, in_double<test_backends, shared_causal>);
TEST_CASE_TEMPLATE_APPLY(live_nan_of_long_sequences, in_double<test_backends, shared_causal>);

}  // namespace headwise::test
