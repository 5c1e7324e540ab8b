// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// The least multiple of `multiple` that is not below `value`.
constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// The vectors of one head as rows that a left factor reads, number by number: in place, or in a copy where they are of
/// another type than `Real`.
template <typename Real, typename T, int Dim>
struct left_rows {
  static constexpr bool in_place = std::is_same_v<std::remove_const_t<T>, Real>;
  /// Numbers that the copy of `tokens` vectors takes.
  static constexpr std::int64_t size(std::int64_t tokens) { return in_place ? 0 : tokens * Dim; }

  static void pack(const T* rows, std::int64_t row_step, std::int64_t tokens, Real* packed) {
    if constexpr (!in_place)
      for (std::int64_t n = 0; n < tokens; ++n)
        for (int d = 0; d < Dim; ++d) packed[n * Dim + d] = Real(rows[n * row_step + d]);
  }

  static row_factor<const Real> view(const T* rows, std::int64_t row_step, const Real* packed) {
    if constexpr (in_place)
      return {rows, row_step};
    else
      return {packed, Dim};
  }
};

/// The vectors of one head, [tokens][Dim], as right factors that are read again and again: in strips as wide as a
/// register tile, one [tokens][columns] behind the other and padded with zeros to whole packets, so that a product
/// reads memory from one end to the other. Rows of whole vectors may lie a power of two apart and share few sets of the
/// nearest cache.
template <typename Real, int Dim>
struct packed_strips {
  static constexpr std::int64_t padded_dim = rounded_up(Dim, packet<Real>::size);
  static constexpr std::int64_t columns = std::min<std::int64_t>(register_tile<Real>::columns, padded_dim);
  static constexpr std::int64_t size(std::int64_t tokens) { return tokens * padded_dim; }

  const Real* data;
  std::int64_t tokens;

  template <typename T>
  static void pack(const T* rows, std::int64_t row_step, std::int64_t tokens, Real* strips) {
    for (std::int64_t first = 0; first < padded_dim; first += columns) {
      const std::int64_t width = width_from(first);
      const std::int64_t present = std::min<std::int64_t>(width, Dim - first);
      Real* strip = strips + first * tokens;
      for (std::int64_t n = 0; n < tokens; ++n) {
        for (std::int64_t d = 0; d < present; ++d) strip[n * width + d] = Real(rows[n * row_step + first + d]);
        for (std::int64_t d = present; d < width; ++d) strip[n * width + d] = Real(0);
      }
    }
  }

  /// result += left * vectors [first, first + depth), of `padded_dim` columns.
  void multiply_add(std::int64_t rows, std::int64_t depth, left_factor<Real> left, std::int64_t first,
                    row_factor<Real> result) const {
    for (std::int64_t column = 0; column < padded_dim; column += columns) {
      const std::int64_t width = width_from(column);
      product<product_write::add>(rows, width, depth, left,
                                  row_factor<const Real>{data + column * tokens + first * width, width},
                                  result.from_column(column));
    }
  }

 private:
  static constexpr std::int64_t width_from(std::int64_t column) { return std::min(columns, padded_dim - column); }
};

/// Transposes factor * rows [count][dim] into panels of as many rows as a register tile has columns, each panel
/// [dim][columns], so that a product reads them as its right factor. Missing rows of the last panel are zero.
template <typename Real, typename T>
void pack_transposed_panels(const T* rows, std::int64_t row_step, std::int64_t count, std::int64_t dim, Real factor,
                            Real* panels) {
  constexpr std::int64_t columns = register_tile<Real>::columns;
  // Blocks of one cache line of features: the reads stay in a few lines while the writes walk down the panel.
  constexpr std::int64_t block = 16;
  for (std::int64_t first = 0; first < count; first += columns) {
    Real* panel = panels + first * dim;
    const std::int64_t present = std::min(columns, count - first);
    for (std::int64_t d0 = 0; d0 < dim; d0 += block)
      for (std::int64_t n = 0; n < columns; ++n)
        for (std::int64_t d = d0; d < std::min(d0 + block, dim); ++d)
          panel[d * columns + n] = n < present ? factor * Real(rows[(first + n) * row_step + d]) : Real(0);
  }
}

/// The vectors of one head, [tokens][Dim], in transposed panels.
template <typename Real, int Dim>
struct packed_panels {
  static constexpr std::int64_t columns = register_tile<Real>::columns;
  static constexpr std::int64_t size(std::int64_t tokens) { return rounded_up(tokens, columns) * Dim; }

  /// Packs factor * rows.
  template <typename T>
  static void pack(const T* rows, std::int64_t row_step, std::int64_t tokens, Real factor, Real* panels) {
    pack_transposed_panels(rows, row_step, tokens, Dim, factor, panels);
  }

  /// The panel that holds the tokens from `token` on, a multiple of `columns`.
  static row_factor<const Real> panel(const Real* panels, std::int64_t token) {
    return {panels + token * Dim, columns};
  }
};

/// Whether all of a head's vectors are finite. A product may then read masked tokens with weight zero; otherwise
/// 0 * NaN would carry what a row cannot see into its result.
template <typename T>
bool all_finite(const T* rows, std::int64_t row_step, std::int64_t tokens, int dim) {
  // 0 * x is 0 for every finite x, and a sum with a NaN in it is NaN.
  using p = packet<T>;
  constexpr int lanes = 4;
  typename p::type sums[lanes] = {p::zero(), p::zero(), p::zero(), p::zero()};
  T rest = 0;
  for (std::int64_t n = 0; n < tokens; ++n) {
    const T* row = rows + n * row_step;
    int d = 0;
    for (; d + lanes * p::size <= dim; d += lanes * p::size)
      unroll<lanes>([&](auto i) { sums[i] = p::multiply_add(p::zero(), p::load(row + d + i * p::size), sums[i]); });
    for (; d + p::size <= dim; d += p::size) sums[0] = p::multiply_add(p::zero(), p::load(row + d), sums[0]);
    for (; d < dim; ++d) rest += T(0) * row[d];
  }
  return rest + p::sum(p::add(p::add(sums[0], sums[1]), p::add(sums[2], sums[3]))) == T(0);
}

}  // namespace headwise::cpu
