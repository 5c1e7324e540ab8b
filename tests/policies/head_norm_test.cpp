// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/head_norm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>

#include "support/compare.hpp"

namespace headwise::test {

constexpr norm_settings shared{};
constexpr norm_settings per_head{.gain = norm_gain::per_head};
constexpr norm_settings gainless{.gain = norm_gain::none};
constexpr norm_settings whole{.groups = 1};
constexpr norm_settings pairs_of_six{.groups = 3};

static_assert(shared.gains(6, 4) == 4 && per_head.gains(6, 4) == 24 && gainless.gains(6, 4) == 0);
static_assert(shared.heads_per_group(6) == 1 && whole.heads_per_group(6) == 6 && pairs_of_six.heads_per_group(6) == 2);
static_assert(head_norm<shared>::normalizes && !no_norm::normalizes);
static_assert(no_norm::gains(6, 4) == 0);
static_assert(detail::norm_groups_fit<head_norm<pairs_of_six>>(6));
static_assert(!detail::norm_groups_fit<head_norm<pairs_of_six>>(8));
static_assert(detail::norm_groups_fit<head_norm<shared>>(7) && detail::norm_groups_fit<no_norm>(7));

static_assert(std::is_same_v<norm_after_attention<>::slot, output_norm_slot>);
static_assert(std::is_same_v<norm_before_mixing<>::slot, component_norm_slot>);
static_assert(std::is_same_v<norm_after_mixing<>::slot, composite_norm_slot>);
static_assert(std::is_same_v<norm_after_attention<>::norm, norm_before_mixing<>::norm>,
              "the same norm at two places is one type");
static_assert(!std::is_same_v<norm_after_attention<per_head>::norm, norm_after_attention<>::norm>);

TEST_CASE("the inverse root mean square of 3 and 4 is sqrt(2) / 5") {
  CHECK(equal_up_to_rounding(inverse_root_mean_square(25.0, 2, 0.0), std::sqrt(2.0) / 5));
  CHECK(equal_up_to_rounding(inverse_root_mean_square(25.0, 2, 12.5), 0.2));
}

TEST_CASE("an all-zero group without epsilon has the factor zero, with epsilon a large one") {
  CHECK(inverse_root_mean_square(0.0, 4, 0.0) == 0.0);
  CHECK(inverse_root_mean_square(0.0F, 4, 0.0) == 0.0F);
  CHECK(equal_up_to_rounding(inverse_root_mean_square(0.0, 4, 1e-4), 100));
}

}  // namespace headwise::test
