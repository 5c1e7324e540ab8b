// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/rounded_product.hpp"
#include "headwise/cpu/stored_factor.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/task_product.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/operations/project_checks.hpp"

namespace headwise::cpu {
namespace tiles {

/// The tokens of a view as the rows of as few matrices as its strides allow: one, where sequences follow each other at
/// the pace of tokens, otherwise one for each sequence.
template <typename T>
token_view<T> fewest_matrices(const token_view<T>& x) {
  const bool one = x.batch <= 1 || x.tokens == 1 || x.batch_stride == x.tokens * x.token_stride;
  if (!one) return x;
  const std::int64_t step = x.tokens == 1 ? x.batch_stride : x.token_stride;
  return {x.data, 1, x.batch * x.tokens, x.width, 0, step};
}

/// Both views cut alike, so that their rows correspond.
template <typename A, typename B>
void cut_alike(token_view<A>& a, token_view<B>& b) {
  const token_view<A> flat_a = fewest_matrices(a);
  const token_view<B> flat_b = fewest_matrices(b);
  if (flat_a.batch != flat_b.batch) return;
  a = flat_a;
  b = flat_b;
}

/// y (=|+=) x * panels for all matrices of x.
template <typename F, typename In, typename T>
void project_with_panels(const token_view<In>& x, const F* panels, const token_view<T>& y, result_write write,
                         host_workspace& workspace) {
  using real = sum_of<F>;
  using part = product_task<real>;
  constexpr bool in_place = std::is_same_v<T, F>;
  const std::int64_t blocks = (x.tokens + part::rows - 1) / part::rows;
  const std::int64_t depth = elements_of<F>(x.width);
  host_workspace::frame frame(workspace);
  F* copy = in_place ? nullptr : frame.take<F>(x.batch * x.tokens * depth);
  if constexpr (!in_place)
    parallel_for(x.batch * blocks, [&](std::int64_t task, int /*thread*/) {
      const std::int64_t b = task / blocks;
      const std::int64_t first = task % blocks * part::rows;
      pack_rows(x.row(b, first), x.token_stride, std::min(part::rows, x.tokens - first), x.width,
                copy + (b * x.tokens + first) * depth);
    });
  for_each_product_task<real>(
      x.batch, x.tokens, y.width, frame,
      [&](std::int64_t b, std::int64_t first, std::int64_t rows, std::int64_t o, std::int64_t columns, real* sums) {
        left_factor<F> left{};
        if constexpr (in_place)
          left = {x.row(b, first), x.token_stride, 1};
        else
          left = {copy + (b * x.tokens + first) * depth, depth, 1};
        task_product(rows, columns, depth, left, panels + o * depth, depth * register_tile<real>::columns,
                     row_factor<T>{y.row(b, first) + o, y.token_stride}, write, sums);
      });
}

/// Fewer tokens than this do not repay packing the weights.
template <typename F>
inline constexpr std::int64_t tokens_worth_packing = 24 / factor<F>::depth;

/// y (=|+=) x weight.
template <typename In, typename T>
void project_without_bias(const token_view<In>& x, const T* weight, const token_view<T>& y, result_write write,
                          host_workspace& workspace) {
  using F = fastest_factor<T, sum_type<T>>;
  constexpr std::int64_t columns = register_tile<sum_of<F>>::columns;
  const std::int64_t strips = (y.width + columns - 1) / columns;
  if (x.batch * x.tokens < tokens_worth_packing<F>) {
    parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
      const std::int64_t o = strip * columns;
      const std::int64_t live = std::min(columns, y.width - o);
      for (std::int64_t b = 0; b < x.batch; ++b)
        rounded_product(x.tokens, live, live, x.width, left_factor<T>{x.row(b, 0), x.token_stride, 1},
                        row_factor<const T>{weight, y.width}.from_column(o),
                        row_factor<T>{y.row(b, 0), y.token_stride}.from_column(o), write);
    });
  } else {
    host_workspace::frame frame(workspace);
    const std::int64_t panel_size = elements_of<F>(x.width) * columns;
    F* panels = frame.take<F>(strips * panel_size);
    parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
      const std::int64_t o = strip * columns;
      pack_columns(further_on(weight, o), y.width, x.width, std::min(columns, y.width - o), columns,
                   panels + strip * panel_size);
    });
    project_with_panels(x, panels, y, write, workspace);
  }
}

}  // namespace tiles

/// y = x weight + bias for every token: x [batch][tokens][in], weight [in][out] row by row, bias [out] or empty, y
/// [batch][tokens][out].
template <typename In, typename T>
void project(token_view<In> x, std::type_identity_t<std::span<const T>> weight,
             std::type_identity_t<std::span<const T>> bias, token_view<T> y, host_workspace& workspace) {
  headwise::detail::check_project(x, weight, bias, y);
  tiles::cut_alike(x, y);
  if (bias.empty()) {
    tiles::project_without_bias(x, weight.data(), y, result_write::overwrite, workspace);
  } else {
    for (std::int64_t b = 0; b < y.batch; ++b)
      for (std::int64_t n = 0; n < y.tokens; ++n) std::copy(bias.begin(), bias.end(), y.row(b, n));
    tiles::project_without_bias(x, weight.data(), y, result_write::add, workspace);
  }
}

/// The gradient of `project` for its input: x_gradient = y_gradient weight^T, overwriting or adding.
template <typename In, typename T>
void project_backward_input(token_view<In> y_gradient, std::type_identity_t<std::span<const T>> weight,
                            token_view<T> x_gradient, result_write write, host_workspace& workspace) {
  headwise::detail::check_project_backward_input(y_gradient, weight, x_gradient);
  tiles::cut_alike(y_gradient, x_gradient);
  using F = fastest_factor<T, sum_type<T>>;
  constexpr std::int64_t columns = register_tile<sum_of<F>>::columns;
  const std::int64_t strips = (x_gradient.width + columns - 1) / columns;
  const std::int64_t panel_size = elements_of<F>(y_gradient.width) * columns;
  host_workspace::frame frame(workspace);
  F* panels = frame.take<F>(strips * panel_size);
  parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
    const std::int64_t i = strip * columns;
    pack_transposed_panels(weight.data() + i * y_gradient.width, y_gradient.width,
                           std::min(columns, x_gradient.width - i), y_gradient.width, panels + strip * panel_size);
  });
  tiles::project_with_panels(y_gradient, panels, x_gradient, write, workspace);
}

/// The gradients of `project` for its parameters, overwriting or adding: x^T y_gradient for the weight and the sum of
/// y_gradient for the bias (where there is one).
template <typename In, typename InGradient, typename T>
void project_backward_parameters(token_view<In> x, token_view<InGradient> y_gradient, std::span<T> weight_gradient,
                                 std::type_identity_t<std::span<T>> bias_gradient, result_write write,
                                 host_workspace& workspace) {
  headwise::detail::check_project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient);
  tiles::cut_alike(x, y_gradient);
  using real = sum_type<T>;
  using F = fastest_factor<T, real>;
  using part = product_task<real>;
  constexpr std::int64_t columns = register_tile<real>::columns;
  const std::int64_t width = y_gradient.width;
  const std::int64_t strips = (width + columns - 1) / columns;
  const std::int64_t blocks = (x.width + part::rows - 1) / part::rows;
  const std::int64_t depth = elements_of<F>(x.tokens);
  host_workspace::frame frame(workspace);
  // Both factors as [strips or blocks][batch][depth][columns or block]: tokens lie a power of two apart more often than
  // not, and what is read down a column of them would share few sets of the caches.
  F* panels = frame.take<F>(strips * x.batch * depth * columns);
  F* copies = frame.take<F>(blocks * x.batch * depth * part::rows);
  const auto pack = [&](const auto& from, std::int64_t parts, std::int64_t size, F* to) {
    parallel_for(parts * x.batch, [&](std::int64_t task, int /*thread*/) {
      const std::int64_t first = task / x.batch * size;
      if (x.tokens > 0)
        pack_columns(from.row(task % x.batch, 0) + first, from.token_stride, x.tokens,
                     std::min(size, from.width - first), size, to + task * depth * size);
    });
  };
  pack(y_gradient, strips, columns, panels);
  pack(x, blocks, part::rows, copies);
  // All sequences at once, so that their sum is rounded once.
  const std::int64_t all = x.batch * depth;
  for_each_product_task<real>(
      1, x.width, width, frame,
      [&](std::int64_t /*matrix*/, std::int64_t first, std::int64_t rows, std::int64_t o, std::int64_t some_columns,
          real* sums) {
        task_product(rows, some_columns, all, left_factor<F>{copies + first * all, 1, part::rows}, panels + o * all,
                     all * columns, row_factor<T>{weight_gradient.data() + first * width + o, width}, write, sums);
      });
  if (bias_gradient.empty()) return;
  real* sums = frame.take<real>(width);
  if (write == result_write::add)
    convert(bias_gradient.data(), width, real(1), sums);
  else
    std::fill_n(sums, width, real(0));
  for (std::int64_t b = 0; b < y_gradient.batch; ++b)
    for (std::int64_t n = 0; n < y_gradient.tokens; ++n) add_scaled(y_gradient.row(b, n), width, real(1), sums);
  convert(sums, width, real(1), bias_gradient.data());
}

}  // namespace headwise::cpu
