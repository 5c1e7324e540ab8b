// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/cpu/visible_rows.hpp>
#include <utility>
#include <vector>

namespace {

using headwise::key_range;

struct even_keys {
  using slot = headwise::mask_slot;
  static bool visible(headwise::token_pair at) { return at.key % 2 == 0; }
};

bool equal(key_range a, key_range b) { return a.begin == b.begin && a.end == b.end; }

template <typename Mask>
std::vector<std::pair<std::int64_t, std::int64_t>> runs(const Mask& mask, key_range range) {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  headwise::cpu::for_each_visible_run(mask, headwise::query_at(9, 0, 0, 10, 10), range,
                                      [&](std::int64_t begin, std::int64_t end) { found.emplace_back(begin, end); });
  return found;
}

}  // namespace

TEST_CASE("the span of causal rows reaches from the first key to the last row's own, and all see the first row's") {
  const headwise::cpu::head_shape shape{0, 0, 8, 8};
  key_range ranges[3];
  headwise::cpu::find_visible_rows(headwise::causal_mask{}, shape, 2, 3, ranges);
  CHECK(equal(ranges[0], {0, 3}));
  const auto span = headwise::cpu::span_of<headwise::causal_mask>(ranges, 3);
  CHECK(equal(span.any, {0, 5}));
  CHECK(equal(span.all, {0, 3}));
}

TEST_CASE("a row that sees nothing neither widens the span nor leaves a key that all see") {
  const headwise::cpu::head_shape shape{0, 0, 8, 4};
  key_range ranges[6];
  headwise::cpu::find_visible_rows(headwise::causal_mask{}, shape, 0, 6, ranges);
  CHECK(ranges[3].size() == 0);
  CHECK(ranges[5].size() == 2);
  const auto span = headwise::cpu::span_of<headwise::causal_mask>(ranges, 6);
  CHECK(equal(span.any, {0, 2}));
  CHECK(span.all.size() == 0);
}

TEST_CASE("no key is sure to be seen by all under a mask that is more than its range") {
  key_range ranges[2] = {{0, 4}, {0, 4}};
  CHECK(headwise::cpu::span_of<even_keys>(ranges, 2).all.size() == 0);
  CHECK(equal(headwise::cpu::span_of<even_keys>(ranges, 2).any, {0, 4}));
}

TEST_CASE("runs are the visible keys of a range, without gaps") {
  CHECK(runs(headwise::full_mask{}, {2, 5}) == std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 5}});
  CHECK(runs(headwise::full_mask{}, {5, 5}).empty());
  CHECK(runs(even_keys{}, {1, 6}) == std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 3}, {4, 5}});
}
