// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/policy_slot.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

struct in_mask {
  using slot = mask_slot;
};
struct in_both_mixings {
  using slot = slots<key_mixing_slot, value_mixing_slot>;
};
struct without_slot {};
struct my_slot {};
struct in_unknown_slot {
  using slot = my_slot;
};
struct in_half_known_slots {
  using slot = slots<mask_slot, my_slot>;
};

static_assert(any_policy<in_mask>);
static_assert(any_policy<in_both_mixings>);
static_assert(!any_policy<without_slot>);
static_assert(!any_policy<in_unknown_slot>);
static_assert(!any_policy<in_half_known_slots>);
static_assert(!any_policy<int>);

static_assert(detail::policies_in_slot<key_mixing_slot, in_mask, in_both_mixings> == 1);
static_assert(detail::policies_in_slot<mask_slot, in_mask, in_mask> == 2);
static_assert(detail::policies_in_slot<positions_slot, in_mask, in_both_mixings> == 0);
static_assert(detail::policies_in_slot<positions_slot> == 0);

template <typename Slot, typename... Policies>
using picked = typename detail::pick_policy<Slot, void, Policies...>::type;

static_assert(std::is_same_v<picked<value_mixing_slot, in_mask, in_both_mixings>, in_both_mixings>);
static_assert(std::is_same_v<picked<mask_slot, in_both_mixings, in_mask>, in_mask>);
static_assert(std::is_void_v<picked<positions_slot, in_mask>>, "an empty slot takes its default");

TEST_CASE("a policy may fill several slots at once") {
  CHECK(detail::fills_slot<in_both_mixings, key_mixing_slot>);
  CHECK(detail::fills_slot<in_both_mixings, value_mixing_slot>);
  CHECK_FALSE(detail::fills_slot<in_both_mixings, mask_slot>);
}

}  // namespace headwise::test
