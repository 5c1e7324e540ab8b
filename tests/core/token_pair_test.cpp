// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/token_pair.hpp"

#include <doctest/doctest.h>

namespace headwise::test {

static_assert(key_range{2, 5}.contains(2) && key_range{2, 5}.contains(4));
static_assert(!key_range{2, 5}.contains(1) && !key_range{2, 5}.contains(5));
static_assert(key_range{2, 5}.size() == 3);
static_assert(key_range{5, 2}.size() == 0, "a range that ends before it begins is empty");
static_assert(intersection({0, 5}, {3, 9}).begin == 3 && intersection({0, 5}, {3, 9}).end == 5);
static_assert(intersection({0, 3}, {5, 9}).size() == 0);
static_assert(hull({3, 5}, {0, 4}).begin == 0 && hull({0, 4}, {3, 5}).end == 5);
static_assert(hull({7, 7}, {3, 5}).begin == 3 && hull({3, 5}, {9, 0}).end == 5, "an empty range adds nothing");

TEST_CASE("queries are aligned with the last keys") {
  SUBCASE("as many queries as keys: positions are indices") {
    const query_token first = query_at(0, 0, 0, 4, 4);
    CHECK(first.query == 0);
    CHECK(first.index() == 0);
  }
  SUBCASE("fewer queries than keys: the last query stands at the last key") {
    const query_token last = query_at(2, 0, 0, 3, 10);
    CHECK(last.query == 9);
    CHECK(last.index() == 2);
  }
  SUBCASE("more queries than keys: the first queries stand before all keys") {
    const query_token first = query_at(0, 0, 0, 5, 2);
    CHECK(first.query == -3);
    CHECK(first.index() == 0);
    CHECK(query_at(4, 0, 0, 5, 2).query == 1);
  }
}

TEST_CASE("a pair carries what its query row knows") {
  const token_pair at = pair_of(query_at(1, 3, 2, 4, 6), 5);
  CHECK(at.query == 3);
  CHECK(at.key == 5);
  CHECK(at.head == 3);
  CHECK(at.batch == 2);
  CHECK(at.queries == 4);
  CHECK(at.keys == 6);
}

}  // namespace headwise::test
