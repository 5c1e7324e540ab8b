// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tuple>

#include "operations/attend_errors.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

using on_cuda = std::tuple<mirrored_cuda_attention>;

TEST_CASE_TEMPLATE_APPLY(different_sizes, on_cuda);
TEST_CASE_TEMPLATE_APPLY(null_and_negative_views, on_cuda);
TEST_CASE_TEMPLATE_APPLY(lengths_that_do_not_fit, on_cuda);
TEST_CASE_TEMPLATE_APPLY(broadcast_outputs, on_cuda);
TEST_CASE_TEMPLATE_APPLY(outputs_in_inputs, on_cuda);
TEST_CASE_TEMPLATE_APPLY(gradients_in_others, on_cuda);
TEST_CASE_TEMPLATE_APPLY(gradients_of_other_sizes, on_cuda);
TEST_CASE_TEMPLATE_APPLY(log_sum_exp_missing, on_cuda);

}  // namespace headwise::test
