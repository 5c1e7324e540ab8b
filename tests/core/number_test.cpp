// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/number.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

template <number Value>
struct holder {
  static constexpr double value = Value.value;
};

static_assert(holder<30>::value == 30.0, "a whole number is a number");
static_assert(holder<0.125>::value == 0.125);
static_assert(std::is_same_v<holder<2>, holder<2.0>>, "a number is its value, however it is written");
static_assert(!std::is_same_v<holder<2>, holder<2.5>>);

TEST_CASE("a number as a template argument keeps its value") { CHECK(holder<-0.1>::value == -0.1); }

}  // namespace headwise::test
