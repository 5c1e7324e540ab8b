// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/mask.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace headwise::test {

/// What every query sees, one line per query: x for a visible key.
template <typename Mask>
std::vector<std::string> picture(std::int64_t queries, std::int64_t keys, const Mask& mask = {}, int head = 0,
                                 std::int64_t batch = 0) {
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < queries; ++i) {
    const query_token row = query_at(i, head, batch, queries, keys);
    const key_range range = detail::visible_keys_of(mask, row);
    std::string& line = lines.emplace_back();
    for (std::int64_t key = 0; key < keys; ++key)
      line += range.contains(key) && detail::visible_in_range(mask, pair_of(row, key)) ? 'x' : '.';
  }
  return lines;
}

using lines = std::vector<std::string>;

TEST_CASE("the full mask shows everything") { CHECK(picture<full_mask>(2, 3) == lines{"xxx", "xxx"}); }

TEST_CASE("the causal mask lets the last query see the last key") {
  CHECK(picture<causal_mask>(3, 3) == lines{"x..", "xx.", "xxx"});
  CHECK(picture<causal_mask>(2, 4) == lines{"xxx.", "xxxx"});
  CHECK(picture<causal_mask>(4, 2) == lines{"..", "..", "x.", "xx"});
}

TEST_CASE("the causal mask aligned top-left lets the first query see the first key alone") {
  CHECK(picture<causal_mask_top_left>(3, 3) == picture<causal_mask>(3, 3));
  CHECK(picture<causal_mask_top_left>(2, 4) == lines{"x...", "xx.."});
  CHECK(picture<causal_mask_top_left>(4, 2) == lines{"x.", "xx", "xx", "xx"});
}

TEST_CASE("a sliding window shows the last keys, the query's own position included") {
  CHECK(picture<sliding_window<2>>(4, 4) == lines{"x...", "xx..", ".xx.", "..xx"});
  CHECK(picture<sliding_window<1>>(3, 3) == lines{"x..", ".x.", "..x"});
  CHECK(picture<sliding_window<2>>(2, 5) == lines{"..xx.", "...xx"});
  CHECK(picture<sliding_window<2>>(4, 2) == lines{"..", "..", "x.", "xx"});
  CHECK(picture<sliding_window<100>>(3, 3) == picture<causal_mask>(3, 3));
}

struct even_keys {
  using slot = mask_slot;
  static bool visible(token_pair at) { return at.key % 2 == 0; }
};

struct even_keys_so_far {
  using slot = mask_slot;
  static constexpr key_range visible_keys(query_token at) { return {0, at.query + 1}; }
  static constexpr bool visible(token_pair at) { return at.key % 2 == 0; }
};

struct same_document {
  using slot = mask_slot;
  const int* document = nullptr;
  bool visible(token_pair at) const { return document[at.query] == document[at.key]; }
};

struct of_head_and_sequence {
  using slot = mask_slot;
  static key_range visible_keys(query_token at) { return {at.head, at.head + at.batch + 1}; }
};

struct beyond_all_keys {
  using slot = mask_slot;
  static key_range visible_keys(query_token at) { return {-10, at.keys + 10}; }
};

static_assert(detail::mask_rule<even_keys> && detail::mask_rule<even_keys_so_far> && detail::mask_rule<same_document>);
static_assert(!detail::mask_rule<int>);
static_assert(!detail::sees_whole_range<even_keys> && !detail::sees_whole_range<even_keys_so_far>);
static_assert(detail::sees_whole_range<causal_mask> && detail::sees_whole_range<sliding_window<3>>);
static_assert(std::is_same_v<causal_mask::slot, mask_slot>);

TEST_CASE("a mask of one's own may say which keys are visible") {
  CHECK(picture<even_keys>(2, 5) == lines{"x.x.x", "x.x.x"});
}

TEST_CASE("a range and a rule together show what both allow") {
  CHECK(picture<even_keys_so_far>(4, 4) == lines{"x...", "x...", "x.x.", "x.x."});
}

TEST_CASE("a mask may carry data") {
  const std::vector<int> document = {0, 0, 1, 1};
  CHECK(picture(4, 4, same_document{document.data()}) == lines{"xx..", "xx..", "..xx", "..xx"});
}

TEST_CASE("a mask may depend on head and sequence") {
  CHECK(picture<of_head_and_sequence>(1, 5, {}, 1, 0) == lines{".x..."});
  CHECK(picture<of_head_and_sequence>(1, 5, {}, 2, 1) == lines{"..xx."});
}

TEST_CASE("a range is cut to the keys there are") {
  const key_range range = detail::visible_keys_of(beyond_all_keys{}, query_at(0, 0, 0, 3, 4));
  CHECK(range.begin == 0);
  CHECK(range.end == 4);
}

}  // namespace headwise::test
