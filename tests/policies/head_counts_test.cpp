// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/head_counts.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

static_assert(std::is_same_v<query_heads<8>::slot, query_heads_slot>);
static_assert(std::is_same_v<composite_heads<8>::slot, composite_heads_slot>);
static_assert(std::is_same_v<component_heads<8>::slot, component_heads_slot>);
static_assert(std::is_same_v<head_dim<8>::slot, head_dim_slot>);
static_assert(std::is_same_v<value_dim<8>::slot, value_dim_slot>);

TEST_CASE("a count is its number") {
  CHECK(query_heads<8>::count == 8);
  CHECK(composite_heads<4>::count == 4);
  CHECK(component_heads<1>::count == 1);
  CHECK(head_dim<111>::count == 111);
  CHECK(value_dim<2>::count == 2);
}

}  // namespace headwise::test
