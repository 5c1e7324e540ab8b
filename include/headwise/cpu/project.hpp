// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
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

/// result (=|+=) left * panel, where the panel has `live` columns that the result has room for.
template <product_write Write, typename T>
void product_with_panel(std::int64_t rows, std::int64_t live, std::int64_t depth, left_factor<T> left, const T* panel,
                        row_factor<T> result) {
  constexpr std::int64_t columns = register_tile<T>::columns;
  constexpr std::int64_t group = register_tile<T>::rows;
  if (live >= columns) {
    product<Write>(rows, columns, depth, left, row_factor<const T>{panel, columns}, result);
    return;
  }
  T block[static_cast<std::size_t>(group * columns)];
  for (std::int64_t i = 0; i < rows; i += group) {
    const std::int64_t count = std::min(group, rows - i);
    product<product_write::overwrite>(count, columns, depth, left.from_row(i), row_factor<const T>{panel, columns},
                                      row_factor<T>{block, columns});
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t j = 0; j < live; ++j) {
        T& to = result.from_row(i + r).data[j];
        to = Write == product_write::add ? to + block[r * columns + j] : block[r * columns + j];
      }
  }
}

/// Copies rows [count][width] into panels of as many columns as a register tile has, each panel [count][columns].
template <typename T>
void pack_column_panel(const T* rows, std::int64_t row_step, std::int64_t count, std::int64_t live, T* panel) {
  constexpr std::int64_t columns = register_tile<T>::columns;
  for (std::int64_t k = 0; k < count; ++k) {
    std::copy_n(rows + k * row_step, live, panel + k * columns);
    std::fill(panel + k * columns + live, panel + (k + 1) * columns, T(0));
  }
}

/// rows (=|+=) x * panels for all matrices of x, in blocks of rows.
template <product_write Write, typename In, typename T>
void project_with_panels(const token_view<In>& x, const T* panels, const token_view<T>& y) {
  constexpr std::int64_t columns = register_tile<T>::columns;
  constexpr std::int64_t block = 16 * register_tile<T>::rows;
  const std::int64_t blocks = (x.tokens + block - 1) / block;
  parallel_for(x.batch * blocks, [&](std::int64_t task, int /*thread*/) {
    const std::int64_t b = task / blocks;
    const std::int64_t first = task % blocks * block;
    const std::int64_t rows = std::min(block, x.tokens - first);
    for (std::int64_t o = 0; o < y.width; o += columns)
      product_with_panel<Write>(rows, std::min(columns, y.width - o), x.width,
                                left_factor<T>{x.row(b, first), x.token_stride, 1}, panels + o * x.width,
                                row_factor<T>{y.row(b, first) + o, y.token_stride});
  });
}

/// Fewer tokens than this do not repay packing the weights.
inline constexpr std::int64_t tokens_worth_packing = 24;

}  // namespace tiles

/// y = x weight + bias for every token: x [batch][tokens][in], weight [in][out] row by row, bias [out] or empty, y
/// [batch][tokens][out].
template <typename In, typename T>
void project(token_view<In> x, std::type_identity_t<std::span<const T>> weight,
             std::type_identity_t<std::span<const T>> bias, token_view<T> y, host_workspace& workspace) {
  headwise::detail::check_project(x, weight, bias, y);
  tiles::cut_alike(x, y);
  constexpr std::int64_t columns = register_tile<T>::columns;
  const std::int64_t strips = (y.width + columns - 1) / columns;
  if (x.batch * x.tokens < tiles::tokens_worth_packing) {
    parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
      const std::int64_t o = strip * columns;
      for (std::int64_t b = 0; b < x.batch; ++b)
        product<product_write::overwrite>(x.tokens, std::min(columns, y.width - o), x.width,
                                          left_factor<T>{x.row(b, 0), x.token_stride, 1},
                                          row_factor<const T>{weight.data(), y.width}.from_column(o),
                                          row_factor<T>{y.row(b, 0), y.token_stride}.from_column(o));
    });
  } else {
    host_workspace::frame frame(workspace);
    T* panels = frame.take<T>(strips * columns * x.width);
    parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
      const std::int64_t o = strip * columns;
      tiles::pack_column_panel(tiles::further_on(weight.data(), o), y.width, x.width, std::min(columns, y.width - o),
                               panels + o * x.width);
    });
    tiles::project_with_panels<product_write::overwrite>(x, panels, y);
  }
  if (bias.empty()) return;
  for (std::int64_t b = 0; b < y.batch; ++b)
    for (std::int64_t n = 0; n < y.tokens; ++n)
      for (std::int64_t o = 0; o < y.width; ++o) y.row(b, n)[o] += bias[static_cast<std::size_t>(o)];
}

/// The gradient of `project` for its input: x_gradient = y_gradient weight^T, overwriting or adding.
template <typename In, typename T>
void project_backward_input(token_view<In> y_gradient, std::type_identity_t<std::span<const T>> weight,
                            token_view<T> x_gradient, gradient_write write, host_workspace& workspace) {
  headwise::detail::check_project_backward_input(y_gradient, weight, x_gradient);
  tiles::cut_alike(y_gradient, x_gradient);
  constexpr std::int64_t columns = register_tile<T>::columns;
  const std::int64_t strips = (x_gradient.width + columns - 1) / columns;
  host_workspace::frame frame(workspace);
  T* panels = frame.take<T>(strips * columns * y_gradient.width);
  parallel_for(strips, [&](std::int64_t strip, int /*thread*/) {
    const std::int64_t i = strip * columns;
    pack_transposed_panels(weight.data() + i * y_gradient.width, y_gradient.width,
                           std::min(columns, x_gradient.width - i), y_gradient.width, panels + i * y_gradient.width);
  });
  if (write == gradient_write::add) {
    tiles::project_with_panels<product_write::add>(y_gradient, panels, x_gradient);
  } else {
    tiles::project_with_panels<product_write::overwrite>(y_gradient, panels, x_gradient);
  }
}

/// The gradients of `project` for its parameters, added to what is there: weight_gradient += x^T y_gradient and
/// bias_gradient += sum of y_gradient (where there is a bias).
template <typename In, typename InGradient, typename T>
void project_backward_parameters(token_view<In> x, token_view<InGradient> y_gradient, std::span<T> weight_gradient,
                                 std::type_identity_t<std::span<T>> bias_gradient, host_workspace& workspace) {
  headwise::detail::check_project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient);
  tiles::cut_alike(x, y_gradient);
  constexpr std::int64_t columns = register_tile<T>::columns;
  constexpr std::int64_t block = 16 * register_tile<T>::rows;
  const std::int64_t width = y_gradient.width;
  const std::int64_t strips = (width + columns - 1) / columns;
  const std::int64_t blocks = (x.width + block - 1) / block;
  host_workspace::frame frame(workspace);
  const std::int64_t panel_size = x.tokens * columns;
  T* panels = frame.take<T>(x.batch * strips * panel_size);
  parallel_for(x.batch * strips, [&](std::int64_t task, int /*thread*/) {
    const std::int64_t o = task % strips * columns;
    if (x.tokens > 0)
      tiles::pack_column_panel(y_gradient.row(task / strips, 0) + o, y_gradient.token_stride, x.tokens,
                               std::min(columns, width - o), panels + task * panel_size);
  });
  parallel_for(strips * blocks, [&](std::int64_t task, int /*thread*/) {
    const std::int64_t strip = task / blocks;
    const std::int64_t o = strip * columns;
    const std::int64_t first = task % blocks * block;
    for (std::int64_t b = 0; b < x.batch && x.tokens > 0; ++b)
      tiles::product_with_panel<product_write::add>(std::min(block, x.width - first), std::min(columns, width - o),
                                                    x.tokens, left_factor<T>{x.row(b, 0) + first, 1, x.token_stride},
                                                    panels + (b * strips + strip) * panel_size,
                                                    row_factor<T>{weight_gradient.data() + first * width + o, width});
  });
  for (std::int64_t b = 0; b < y_gradient.batch && !bias_gradient.empty(); ++b)
    for (std::int64_t n = 0; n < y_gradient.tokens; ++n)
      for (std::int64_t o = 0; o < width; ++o) bias_gradient[static_cast<std::size_t>(o)] += y_gradient.row(b, n)[o];
}

}  // namespace headwise::cpu
