// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/head_view.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <numeric>
#include <type_traits>
#include <vector>

namespace headwise::test {

using view_3x4 = head_view<float, 3, 4>;
static_assert(view_3x4::heads == 3 && view_3x4::dim == 4);
static_assert(std::is_convertible_v<view_3x4, head_view<const float, 3, 4>>);
static_assert(!std::is_convertible_v<head_view<const float, 3, 4>, view_3x4>);
static_assert(std::is_trivially_copyable_v<view_3x4>, "a view can be handed to a kernel");
static_assert(view_3x4{}.data == nullptr && view_3x4{}.batch == 0 && view_3x4{}.tokens == 0);
static_assert(head_scalar_view<float, 3>{}.data == nullptr);

/// 0, 1, 2, ...: an element tells where it stands.
std::vector<int> counting(std::size_t count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST_CASE("batch_token_head_view reads [batch][tokens][heads][features]") {
  std::vector<int> buffer = counting(2 * 5 * 3 * 4);
  const auto view = batch_token_head_view<3, 4>(buffer.data(), 2, 5);
  CHECK(*view.row(0, 0, 0) == 0);
  CHECK(*view.row(0, 0, 2) == 8);
  CHECK(*view.row(0, 1, 0) == 12);
  CHECK(view.row(1, 4, 2)[3] == 119);
}

TEST_CASE("batch_head_token_view reads [batch][heads][tokens][features]") {
  std::vector<int> buffer = counting(2 * 5 * 3 * 4);
  const auto view = batch_head_token_view<3, 4>(buffer.data(), 2, 5);
  CHECK(*view.row(0, 1, 0) == 4);
  CHECK(*view.row(0, 0, 1) == 20);
  CHECK(*view.row(1, 0, 0) == 60);
  CHECK(view.row(1, 4, 2)[3] == 119);
}

TEST_CASE("packed_view finds queries, keys and values in one projection output") {
  constexpr int H = 4;
  constexpr int G = 2;
  constexpr int D = 3;
  constexpr int Dv = 5;
  constexpr int width = H * D + G * D + G * Dv;
  std::vector<int> buffer = counting(2 * 3 * width);
  const auto views = packed_view<H, G, D, Dv>(buffer.data(), 2, 3);
  static_assert(std::is_same_v<decltype(views.q), head_view<int, H, D>>);
  static_assert(std::is_same_v<decltype(views.v), head_view<int, G, Dv>>);
  CHECK(*views.q.row(0, 0, 1) == D);
  CHECK(*views.k.row(0, 0, 0) == H * D);
  CHECK(*views.v.row(0, 0, 0) == (H + G) * D);
  CHECK(*views.q.row(0, 2, 0) == 2 * width);
  CHECK(*views.k.row(1, 0, 1) == 3 * width + H * D + D);
  CHECK(views.v.row(1, 2, 1)[Dv - 1] == 2 * 3 * width - 1);
}

TEST_CASE("a slice of tokens starts at its first token and keeps the strides") {
  std::vector<int> buffer = counting(2 * 5 * 3 * 4);
  const auto view = batch_token_head_view<3, 4>(buffer.data(), 2, 5);
  const auto slice = view.slice_tokens(2, 3);
  CHECK(slice.tokens == 3);
  CHECK(slice.batch == 2);
  CHECK(slice.row(1, 0, 2) == view.row(1, 2, 2));
  CHECK(slice.row(1, 2, 0) == view.row(1, 4, 0));
}

TEST_CASE("strides may be zero and negative") {
  std::vector<int> buffer = counting(6 * 4);
  const head_view<int, 2, 4> shared{buffer.data(), 3, 6, 0, 4, 0};
  CHECK(shared.row(2, 5, 1) == buffer.data() + 20);
  const head_view<int, 1, 4> reversed{buffer.data() + 20, 1, 6, 0, -4, 0};
  CHECK(*reversed.row(0, 5, 0) == 0);
}

TEST_CASE("a scalar view reads [batch][heads][tokens]") {
  std::vector<int> buffer = counting(2 * 3 * 5);
  const auto view = batch_head_scalar_view<3>(buffer.data(), 2, 5);
  CHECK(view.row(0, 1)[0] == 5);
  CHECK(view.row(1, 2)[4] == 29);
  const head_scalar_view<const int, 3> readonly = view;
  CHECK(readonly.row(1, 0) == view.row(1, 0));
}

}  // namespace headwise::test
