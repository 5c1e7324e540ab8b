// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

template <norm_settings Settings, typename... Policies>
struct normalized
    : attention_variant<query_heads<4>, head_dim<8>, causal_mask, norm_after_mixing<Settings>, Policies...> {};

using unmixed = normalized<norm_settings{}>;
using mixed = normalized<norm_settings{}, linear_head_mixing>;
using own_gains = normalized<norm_settings{.gain = norm_gain::per_head, .factor = 0.5}, component_heads<2>,
                             linear_head_mixing, value_dim<12>>;
using in_groups = normalized<norm_settings{.gain = norm_gain::none, .groups = 2, .epsilon = 0}, linear_key_mixing>;
using values_mixed = normalized<norm_settings{.groups = 1}, linear_value_mixing>;

TEST_CASE_TEMPLATE_DEFINE("attention over components that are normalised after mixing agrees with the reference",
                          Setting, over_normalized) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 51);
}
TEST_CASE_TEMPLATE_APPLY(over_normalized, by_turns<fast_backends, unmixed, mixed, own_gains, in_groups, values_mixed>);

}  // namespace headwise::test
