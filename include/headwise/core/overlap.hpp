// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <numeric>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/core/token_view.hpp"

namespace headwise::detail {

/// The elements that a strided block reaches, [first, last], relative to its data pointer.
struct reach {
  std::int64_t first = 0;
  std::int64_t last = 0;

  constexpr std::int64_t size() const { return last - first + 1; }
};

/// `count` steps of `stride` elements.
struct strided_axis {
  std::int64_t count = 0;
  std::int64_t stride = 0;

  constexpr reach extend(reach block) const {
    const std::int64_t step = (count - 1) * stride;
    return step < 0 ? reach{block.first + step, block.last} : reach{block.first, block.last + step};
  }
  /// The greatest common divisor of `period` and the stride, if there is a second step to take.
  constexpr std::int64_t common_period(std::int64_t period) const {
    return count > 1 ? std::gcd(period, stride) : period;
  }
};

inline constexpr unsigned view_axes = 3;

/// What a view is to its neighbours: runs of `width` elements, strided along its axes.
template <typename T>
struct element_runs {
  const T* data;
  std::array<strided_axis, view_axes> axes;
  std::int64_t width;
};

template <typename T, int Heads, int Dim>
constexpr element_runs<std::remove_const_t<T>> runs_of(const head_view<T, Heads, Dim>& view) {
  return {
      view.data, {{{view.batch, view.batch_stride}, {view.tokens, view.token_stride}, {Heads, view.head_stride}}}, Dim};
}
template <typename T>
constexpr element_runs<std::remove_const_t<T>> runs_of(const token_view<T>& view) {
  return {view.data, {{{view.batch, view.batch_stride}, {view.tokens, view.token_stride}, {1, 0}}}, view.width};
}

template <typename T, int Heads, int Dim>
constexpr bool is_empty(const head_view<T, Heads, Dim>& view) {
  return view.batch == 0 || view.tokens == 0;
}
template <typename T>
constexpr bool is_empty(const token_view<T>& view) {
  return view.batch == 0 || view.tokens == 0 || view.width == 0;
}

template <typename T>
constexpr bool is_empty(const element_runs<T>& runs) {
  return runs.axes[0].count == 0 || runs.axes[1].count == 0 || runs.width == 0;
}

/// Whether two views of the same numbers may share an element. Views that interleave in one packed buffer, whatever the
/// order of its axes, do not. This is compiled once for all views of a number type.
template <typename T>
bool may_overlap(const element_runs<T>& a, const element_runs<T>& b) {
  if (is_empty(a) || is_empty(b)) return false;
  // The bits of `inner` say which axes belong to the blocks that repeat with the period of the other axes.
  constexpr unsigned all_axes = (1U << view_axes) - 1;
  for (unsigned inner = all_axes + 1; inner-- > 0;) {
    reach block_a{0, a.width - 1};
    reach block_b{0, b.width - 1};
    std::int64_t period = 0;
    for (unsigned axis = 0; axis < view_axes; ++axis) {
      if ((inner >> axis & 1U) != 0) {
        block_a = a.axes[axis].extend(block_a);
        block_b = b.axes[axis].extend(block_b);
      } else {
        period = b.axes[axis].common_period(a.axes[axis].common_period(period));
      }
    }
    if (inner == all_axes) {
      constexpr std::compare_three_way order;
      if (std::is_lt(order(a.data + block_a.last, b.data + block_b.first)) ||
          std::is_lt(order(b.data + block_b.last, a.data + block_a.first)))
        return false;
    } else if (period > 0) {
      const std::int64_t distance = (b.data + block_b.first) - (a.data + block_a.first);
      const std::int64_t shift = (distance % period + period) % period;
      if (block_a.size() <= shift && shift + block_b.size() <= period) return false;
    }
  }
  return true;
}

template <typename ViewA, typename ViewB>
bool may_overlap(const ViewA& a, const ViewB& b) {
  return may_overlap(runs_of(a), runs_of(b));
}

}  // namespace headwise::detail
