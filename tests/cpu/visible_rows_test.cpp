// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/visible_rows.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cpu/variant_rules.hpp"

namespace headwise::test {

struct even_keys {
  using slot = mask_slot;
  static bool visible(token_pair at) { return at.key % 2 == 0; }
};

/// Pairs of keys with gaps of one.
struct two_of_three_keys {
  using slot = mask_slot;
  static bool visible(token_pair at) { return at.key % 3 != 2; }
};

template <typename Mask>
using rules_of_mask = cpu::variant_rules<attention_variant<query_heads<1>, head_dim<4>, Mask>, float>;

constexpr no_score_modification unmodified;

template <typename Mask>
auto rules_of(const Mask& mask) {
  return rules_of_mask<Mask>(mask, unmodified);
}

bool equal(key_range a, key_range b) { return a.begin == b.begin && a.end == b.end; }

using runs_type = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <typename Mask>
runs_type runs(const Mask& mask, key_range range) {
  runs_type found;
  cpu::for_each_visible_run(rules_of(mask), query_at(999, 0, 0, 1000, 1000), range,
                            [&](std::int64_t begin, std::int64_t end) { found.emplace_back(begin, end); });
  return found;
}

TEST_CASE("the span of causal rows reaches from the first key to the last row's own, and all see the first row's") {
  const cpu::head_shape shape{0, 0, 8, 8};
  key_range ranges[3];
  constexpr causal_mask mask;
  cpu::find_visible_rows(rules_of(mask), shape, 2, 3, ranges);
  CHECK(equal(ranges[0], {0, 3}));
  const auto span = cpu::span_of(rules_of(mask), ranges, 3);
  CHECK(equal(span.any, {0, 5}));
  CHECK(equal(span.all, {0, 3}));
}

TEST_CASE("a row that sees nothing neither widens the span nor leaves a key that all see") {
  const cpu::head_shape shape{0, 0, 8, 4};
  key_range ranges[6];
  constexpr causal_mask mask;
  cpu::find_visible_rows(rules_of(mask), shape, 0, 6, ranges);
  CHECK(ranges[3].size() == 0);
  CHECK(ranges[5].size() == 2);
  const auto span = cpu::span_of(rules_of(mask), ranges, 6);
  CHECK(equal(span.any, {0, 2}));
  CHECK(span.all.size() == 0);
}

TEST_CASE("no key is sure to be seen by all under a mask that is more than its range") {
  const key_range ranges[2] = {{0, 4}, {0, 4}};
  constexpr even_keys mask;
  CHECK(cpu::span_of(rules_of(mask), ranges, 2).all.size() == 0);
  CHECK(equal(cpu::span_of(rules_of(mask), ranges, 2).any, {0, 4}));
}

TEST_CASE("runs are the visible keys of a range, without gaps") {
  CHECK(runs(full_mask{}, {2, 5}) == runs_type{{2, 5}});
  CHECK(runs(full_mask{}, {5, 5}).empty());
  CHECK(runs(even_keys{}, {1, 6}) == runs_type{{2, 3}, {4, 5}});
  CHECK(runs(even_keys{}, {2, 5}) == runs_type{{2, 3}, {4, 5}});
}

TEST_CASE("runs are whole and complete in ranges that are longer than what is looked at together") {
  const runs_type found = runs(two_of_three_keys{}, {3, 200});
  CHECK(found.front() == std::pair<std::int64_t, std::int64_t>{3, 5});
  CHECK(found.size() == 66);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].first == static_cast<std::int64_t>(3 * i) + 3);
    CHECK(found[i].second - found[i].first == 2);
  }
}

}  // namespace headwise::test
