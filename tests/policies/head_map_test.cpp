// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/head_map.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace headwise::test {

template <typename Map>
std::vector<int> heads_read(int query_heads, int composite_heads) {
  std::vector<int> heads;
  for (int i = 0; i < query_heads; ++i) heads.push_back(Map::composite_head(i, query_heads, composite_heads));
  return heads;
}

static_assert(block_head_map::composite_head(5, 8, 2) == 1, "a head map is a constant expression");
static_assert(detail::head_map_rule<block_head_map> && detail::head_map_rule<cyclic_head_map>);
static_assert(!detail::head_map_rule<int>);

struct one_too_far {
  static constexpr int composite_head(int /*query_head*/, int /*query_heads*/, int composite_heads) {
    return composite_heads;
  }
};
static_assert(!detail::head_map_in_range<one_too_far>(4, 2));

TEST_CASE("the block map gives neighbouring query heads the same composite head") {
  CHECK(heads_read<block_head_map>(8, 2) == std::vector{0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(heads_read<block_head_map>(6, 3) == std::vector{0, 0, 1, 1, 2, 2});
  CHECK(heads_read<block_head_map>(3, 3) == std::vector{0, 1, 2});
  CHECK(heads_read<block_head_map>(3, 1) == std::vector{0, 0, 0});
}

TEST_CASE("the cyclic map deals composite heads out in turn") {
  CHECK(heads_read<cyclic_head_map>(8, 2) == std::vector{0, 1, 0, 1, 0, 1, 0, 1});
  CHECK(heads_read<cyclic_head_map>(6, 3) == std::vector{0, 1, 2, 0, 1, 2});
  CHECK(heads_read<cyclic_head_map>(3, 3) == std::vector{0, 1, 2});
}

TEST_CASE("counts that do not divide each other still reach every composite head") {
  CHECK(heads_read<block_head_map>(8, 3) == std::vector{0, 0, 0, 1, 1, 1, 2, 2});
  CHECK(heads_read<block_head_map>(7, 5) == std::vector{0, 0, 1, 2, 2, 3, 4});
  CHECK(heads_read<cyclic_head_map>(7, 5) == std::vector{0, 1, 2, 3, 4, 0, 1});
}

TEST_CASE("both maps stay in range for all counts") {
  for (int heads = 1; heads <= 40; ++heads)
    for (int composites = 1; composites <= heads; ++composites)
      for (int i = 0; i < heads; ++i) {
        const int block = block_head_map::composite_head(i, heads, composites);
        const int cyclic = cyclic_head_map::composite_head(i, heads, composites);
        REQUIRE((0 <= block && block < composites));
        REQUIRE((0 <= cyclic && cyclic < composites));
      }
}

}  // namespace headwise::test
