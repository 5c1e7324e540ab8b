// SPDX-License-Identifier: Apache-2.0
#include "operations/attend_errors.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_APPLY(different_sizes, test_backends);
TEST_CASE_TEMPLATE_APPLY(null_and_negative_views, test_backends);
TEST_CASE_TEMPLATE_APPLY(lengths_that_do_not_fit, test_backends);
TEST_CASE_TEMPLATE_APPLY(broadcast_outputs, test_backends);
TEST_CASE_TEMPLATE_APPLY(outputs_in_inputs, test_backends);
TEST_CASE_TEMPLATE_APPLY(gradients_in_others, test_backends);
TEST_CASE_TEMPLATE_APPLY(gradients_of_other_sizes, test_backends);
TEST_CASE_TEMPLATE_APPLY(log_sum_exp_missing, test_backends);

}  // namespace headwise::test
