// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/error.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace headwise::test {

static_assert(std::is_base_of_v<std::runtime_error, error>);

TEST_CASE("an error says which argument is wrong, what was given and what is needed") {
  const error e("weight", "of 3 numbers", "4 numbers");
  CHECK(e.argument() == "weight");
  CHECK(e.given() == "of 3 numbers");
  CHECK(e.needed() == "4 numbers");
  CHECK(std::string(e.what()) == "headwise: weight is of 3 numbers, needed: 4 numbers");
}

TEST_CASE("a requirement that holds throws nothing") { CHECK_NOTHROW(detail::require(true, "x", 1, "two")); }

TEST_CASE("a requirement that does not hold throws with its values as text") {
  try {
    detail::require(false, "length", 7, std::string("from 0 to ") + "5");
    FAIL("nothing was thrown");
  } catch (const error& e) {
    CHECK(e.argument() == "length");
    CHECK(e.given() == "7");
    CHECK(e.needed() == "from 0 to 5");
  }
}

}  // namespace headwise::test
