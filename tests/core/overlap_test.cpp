// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/overlap.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "support/random.hpp"

namespace headwise::test {

template <typename T, int Heads, int Dim>
std::set<const T*> elements_of(const head_view<const T, Heads, Dim>& view) {
  std::set<const T*> elements;
  for (std::int64_t b = 0; b < view.batch; ++b)
    for (std::int64_t n = 0; n < view.tokens; ++n)
      for (int h = 0; h < Heads; ++h)
        for (int d = 0; d < Dim; ++d) elements.insert(view.row(b, n, h) + d);
  return elements;
}

template <int HeadsA, int DimA, int HeadsB, int DimB>
bool share_an_element(const head_view<const float, HeadsA, DimA>& a, const head_view<const float, HeadsB, DimB>& b) {
  const std::set<const float*> in_a = elements_of(a);
  for (const float* element : elements_of(b))
    if (in_a.contains(element)) return true;
  return false;
}

/// A view somewhere in the middle of a buffer, with any small strides.
template <int Heads, int Dim>
head_view<const float, Heads, Dim> random_view(const std::vector<float>& buffer, random_numbers& random) {
  return {buffer.data() + 500 + random.between(-40, 40),
          random.between(0, 3),
          random.between(0, 4),
          random.between(-40, 40),
          random.between(-24, 24),
          random.between(-8, 8)};
}

TEST_CASE("views that share an element are never taken for disjoint") {
  const std::vector<float> buffer(1000);
  random_numbers random(7);
  int sharing = 0;
  int told_apart = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto a = random_view<2, 3>(buffer, random);
    const auto b = random_view<3, 2>(buffer, random);
    const bool found = detail::may_overlap(a, b);
    if (share_an_element(a, b)) {
      ++sharing;
      CAPTURE(i);
      REQUIRE(found);
    }
    CHECK(detail::may_overlap(b, a) == found);
    if (!found) ++told_apart;
  }
  // The property is worth something only if both answers came up often.
  CHECK(sharing > 400);
  CHECK(told_apart > 400);
}

TEST_CASE("interleaved views with a common period share an element exactly when they are said to") {
  const std::vector<float> buffer(1000);
  random_numbers random(11);
  int interleaved = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t period = random.between(6, 16);
    const auto view_at = [&](std::int64_t first) {
      return head_view<const float, 2, 3>{buffer.data() + first, 3, 4, 4 * period, period, 3};
    };
    const auto a = view_at(500 + random.between(0, 2 * period));
    const auto b = view_at(500 + random.between(0, 2 * period));
    REQUIRE(detail::may_overlap(a, b) == share_an_element(a, b));
    if (!share_an_element(a, b)) ++interleaved;
  }
  CHECK(interleaved > 100);
}

TEST_CASE("the parts of one packed buffer do not overlap, whatever the order of its axes") {
  constexpr std::int64_t batch = 3;
  constexpr std::int64_t tokens = 5;
  constexpr std::int64_t row = 2 * 3;
  struct packed_layout {
    const char* axes;
    std::int64_t part;
    std::int64_t batch_stride;
    std::int64_t token_stride;
    std::int64_t head_stride;
  };
  constexpr packed_layout layouts[] = {
      {"[batch][tokens][3][heads][features]", row, tokens * 3 * row, 3 * row, 3},
      {"[tokens][batch][3][heads][features]", row, 3 * row, batch * 3 * row, 3},
      {"[batch][3][heads][tokens][features]", row * tokens, 3 * tokens * row, 3, tokens * 3},
      {"[batch][tokens][heads][3][features]", 3, tokens * 3 * row, 3 * row, 9},
      {"[3][batch][tokens][heads][features]", batch * tokens * row, tokens * row, row, 3},
  };
  const std::vector<float> buffer(batch * tokens * 3 * row);
  for (const packed_layout& layout : layouts)
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < 3; ++j) {
        const auto part = [&](std::int64_t index) {
          return head_view<const float, 2, 3>{buffer.data() + index * layout.part,
                                              batch,
                                              tokens,
                                              layout.batch_stride,
                                              layout.token_stride,
                                              layout.head_stride};
        };
        CAPTURE(layout.axes);
        CHECK(detail::may_overlap(part(i), part(j)) == (i == j));
      }
}

TEST_CASE("tokens and heads are told apart by the same rule") {
  const std::vector<float> buffer(100);
  const token_view<const float> wide{buffer.data(), 2, 3, 4, 30, 10};
  const token_view<const float> beside{buffer.data() + 4, 2, 3, 6, 30, 10};
  const token_view<const float> across{buffer.data() + 3, 2, 3, 2, 30, 10};
  CHECK_FALSE(detail::may_overlap(wide, beside));
  CHECK(detail::may_overlap(wide, across));
  CHECK(detail::may_overlap(across, beside));
  CHECK(detail::may_overlap(wide, token_view<const float>{buffer.data() + 39, 1, 1, 1, 0, 0}) == false);
  const head_view<const float, 2, 3> heads{buffer.data() + 4, 2, 3, 30, 10, 3};
  CHECK_FALSE(detail::may_overlap(wide, heads));
  CHECK(detail::may_overlap(heads, beside));
  CHECK_FALSE(detail::may_overlap(wide, token_view<const float>{buffer.data(), 2, 3, 0, 30, 10}));
}

TEST_CASE("empty views overlap with nothing") {
  const std::vector<float> buffer(100);
  const head_view<const float, 2, 3> full{buffer.data(), 2, 3, 18, 6, 3};
  const head_view<const float, 2, 3> no_batch{buffer.data(), 0, 3, 18, 6, 3};
  const head_view<const float, 2, 3> no_tokens{nullptr, 2, 0, 18, 6, 3};
  CHECK_FALSE(detail::may_overlap(full, no_batch));
  CHECK_FALSE(detail::may_overlap(no_tokens, full));
}

TEST_CASE("views in different buffers do not overlap, adjoining ones included") {
  const std::vector<float> buffer(36);
  const head_view<const float, 2, 3> front{buffer.data(), 1, 3, 18, 6, 3};
  const head_view<const float, 2, 3> back{buffer.data() + 18, 1, 3, 18, 6, 3};
  CHECK_FALSE(detail::may_overlap(front, back));
  const head_view<const float, 2, 3> one_behind{buffer.data() + 17, 1, 3, 18, 6, 3};
  CHECK(detail::may_overlap(front, one_behind));
}

}  // namespace headwise::test
