// SPDX-License-Identifier: Apache-2.0
#include "scenarios/extreme_logits.hpp"

#include <doctest/doctest.h>

#include "support/backends.hpp"

namespace headwise::test {

using extreme_settings = settings_of<fast_backends, extreme_scores, extreme_capped_scores>;

TEST_CASE_TEMPLATE_APPLY(extreme_logits, extreme_settings);
TEST_CASE_TEMPLATE_APPLY(many_keys, extreme_settings);

}  // namespace headwise::test
