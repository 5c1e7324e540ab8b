// SPDX-License-Identifier: Apache-2.0
#include "scenarios/short_and_ragged_tails.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

using tail_settings = settings_of<fast_backends, capped_window, biased_causal>;

TEST_CASE_TEMPLATE_APPLY(tails, tail_settings);
TEST_CASE_TEMPLATE_APPLY(thousand, tail_settings);

}  // namespace headwise::test
