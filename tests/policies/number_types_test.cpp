// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/number_types.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

static_assert(std::is_same_v<number_types<float>::accumulator, float>, "sums are taken in the storage type by default");
static_assert(std::is_same_v<number_types<float, double>::storage, float>);
static_assert(std::is_same_v<number_types<float, double>::accumulator, double>);
static_assert(std::is_same_v<number_types<float>::slot, number_types_slot>);

TEST_CASE("of two number types the wider one holds the sums") {
  CHECK(std::is_same_v<detail::wider_of<float, double>, double>);
  CHECK(std::is_same_v<detail::wider_of<double, float>, double>);
  CHECK(std::is_same_v<detail::wider_of<float, float>, float>);
}

}  // namespace headwise::test
