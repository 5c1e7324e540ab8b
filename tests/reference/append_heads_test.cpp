// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/append_heads.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace headwise::test {

using lengths = std::vector<std::int64_t>;

TEST_CASE("tokens go behind what each sequence has, and nothing else changes") {
  // Two sequences of capacity 4 with one head of one feature; they hold 2 and 0 tokens.
  const std::vector<double> x = {1, 2, 3, 4};  // [2][2]
  std::vector<double> slots = {10, 20, -1, -1, -1, -1, -1, -1};
  const lengths held = {2, 0};
  reference::append_heads(batch_token_head_view<1, 1>(x.data(), 2, 2), {}, held,
                          batch_token_head_view<1, 1>(slots.data(), 2, 4));
  CHECK(slots == std::vector<double>{10, 20, 1, 2, 3, 4, -1, -1});
}

TEST_CASE("with counts only the first tokens of a sequence are appended") {
  const std::vector<double> x = {1, 2, 3, 4};
  std::vector<double> slots(8, -1.0);
  const lengths counts = {0, 1};
  const lengths held = {0, 3};
  reference::append_heads(batch_token_head_view<1, 1>(x.data(), 2, 2), counts, held,
                          batch_token_head_view<1, 1>(slots.data(), 2, 4));
  CHECK(slots == std::vector<double>{-1, -1, -1, -1, -1, -1, -1, 3});
}

TEST_CASE("heads keep their places") {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};  // [1][1][2][3]
  std::vector<double> slots(12, 0.0);                // [1][heads][2 tokens][3]: another layout
  const lengths held = {1};
  reference::append_heads(batch_token_head_view<2, 3>(x.data(), 1, 1), {}, held,
                          batch_head_token_view<2, 3>(slots.data(), 1, 2));
  CHECK(slots == std::vector<double>{0, 0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6});
}

}  // namespace headwise::test
