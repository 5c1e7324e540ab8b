// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/policies/head_norm.hpp"
#include "support/backends.hpp"
#include "support/head_operations.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("norms and their backward agree with the reference", Backend, norms_agree) {
  static constexpr norm_settings shared{};
  static constexpr norm_settings own{.gain = norm_gain::per_head, .factor = 0.5, .epsilon = 0};
  static constexpr norm_settings grouped{.groups = 2};
  static constexpr norm_settings whole{.gain = norm_gain::none, .groups = 1, .epsilon = 0.5};
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(normalizing<shared, 3, 64>{size}, normalizing_backward<shared, 3, 64>{size});
    check_operation<Backend>(normalizing<own, 4, 33>{size}, normalizing_backward<own, 4, 33>{size});
    check_operation<Backend>(normalizing<grouped, 6, 8>{size}, normalizing_backward<grouped, 6, 8>{size});
    check_operation<Backend>(normalizing<whole, 5, 7>{size}, normalizing_backward<whole, 5, 7>{size});
  }
}
TEST_CASE_TEMPLATE_APPLY(norms_agree, fast_backends);

}  // namespace headwise::test
