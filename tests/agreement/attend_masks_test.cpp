// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/attend_policies.hpp"
#include "support/backends.hpp"

namespace headwise::test {

template <typename Mask>
using masked = three_heads<head_dim<8>, Mask>;

TEST_CASE_TEMPLATE_DEFINE("attention under every mask agrees with the reference", Setting, every_mask) {
  for (int mask = 0; mask < Setting::variant::mask::count; ++mask) {
    CAPTURE(mask);
    check_various_sizes<Setting>(41, {mask});
  }
}
TEST_CASE_TEMPLATE_APPLY(every_mask, settings_of<fast_backends, masked<mask_of<range_masks>>>);
TEST_CASE_TEMPLATE_APPLY(every_mask, in_float<fast_backends, masked<mask_of<rule_masks>>>);

TEST_CASE_TEMPLATE_DEFINE("a mask's data reaches every backend", Setting, mask_with_data) {
  check_policies_with_data<Setting>(42);
}
TEST_CASE_TEMPLATE_APPLY(mask_with_data, by_turns<fast_backends, masked<same_document>>);

}  // namespace headwise::test
