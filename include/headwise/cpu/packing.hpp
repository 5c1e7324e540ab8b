// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// The least multiple of `multiple` that is not below `value`.
constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// How many elements of a factor hold so many numbers along the depth.
template <typename F>
constexpr std::int64_t elements_of(std::int64_t numbers) {
  return (numbers + factor<F>::depth - 1) / factor<F>::depth;
}

namespace tiles {

/// Element `index` of a vector of `dim` numbers as a factor reads it, filled up with zeros.
template <typename F, typename T>
F element_of(const T* vector, std::int64_t index, std::int64_t dim) {
  if constexpr (factor<F>::depth == 1) {
    return converted<F>(vector[index]);
  } else {
    const std::int64_t d = factor<F>::depth * index;
    return {vector[d], d + 1 < dim ? vector[d + 1] : T(0)};
  }
}

}  // namespace tiles

/// Copies rows [count][width] element by element, [count][elements of width].
template <typename F, typename T>
EIGEN_DONT_INLINE void pack_rows(const T* rows, std::int64_t row_step, std::int64_t count, std::int64_t width,
                                 F* packed) {
  const std::int64_t elements = elements_of<F>(width);
  for (std::int64_t n = 0; n < count; ++n) {
    const T* row = rows + n * row_step;
    F* to = packed + n * elements;
    if constexpr (factor<F>::depth == 1) {
      convert(row, width, F(1), to);
    } else {
      static_assert(std::is_same_v<T, typename factor<F>::number>);
      const std::int64_t whole = width / factor<F>::depth;
      if (whole > 0) std::memcpy(static_cast<void*>(to), row, static_cast<std::size_t>(whole) * sizeof(F));
      if (whole < elements) to[whole] = tiles::element_of<F>(row, whole, width);
    }
  }
}

/// Copies rows [count][live] with elements along the columns, [elements of count][columns]. Missing columns are zero.
template <typename F, typename T>
EIGEN_DONT_INLINE void pack_columns(const T* rows, std::int64_t row_step, std::int64_t count, std::int64_t live,
                                    std::int64_t columns, F* packed) {
  for (std::int64_t k = 0; k < elements_of<F>(count); ++k) {
    const T* row = rows + k * factor<F>::depth * row_step;
    F* to = packed + k * columns;
    if constexpr (factor<F>::depth == 1) {
      convert(row, live, F(1), to);
    } else {
      const bool has_second = 2 * k + 1 < count;
      constexpr std::int64_t size = 2 * packet<sum_of<F>>::size;
      const std::int64_t whole = has_second ? live / size * size : 0;
      for (std::int64_t j = 0; j < whole; j += size) {
        typename factor<F>::type low;
        typename factor<F>::type high;
        factor<F>::load_pairs(row + j, row + row_step + j, low, high);
        factor<F>::store(to + j, low);
        factor<F>::store(to + j + size / 2, high);
      }
      for_few(whole, live, [&](std::int64_t j) { to[j] = {row[j], has_second ? row[row_step + j] : T(0)}; });
    }
    for_few(live, columns, [&](std::int64_t j) { to[j] = F{}; });
  }
}

/// The vectors of one head as rows that a left factor reads, element by element: in place, or in a copy where their
/// numbers are not such elements.
template <typename F, typename T>
struct left_rows {
  static constexpr bool in_place = std::is_same_v<std::remove_const_t<T>, F>;
  /// Elements that the copy of `tokens` vectors takes.
  static constexpr std::int64_t size(std::int64_t tokens, std::int64_t dim) {
    return in_place ? 0 : tokens * elements_of<F>(dim);
  }

  /// Copies the tokens [first, end).
  static void pack(row_factor<const T> rows, std::int64_t dim, std::int64_t first, std::int64_t end, F* packed) {
    if constexpr (!in_place)
      pack_rows(rows.from_row(first).data, rows.row_step, end - first, dim, packed + first * elements_of<F>(dim));
  }

  static left_factor<F> view(row_factor<const T> rows, std::int64_t dim, const F* packed) {
    if constexpr (in_place)
      return left_factor<F>::rows(rows);
    else
      return {packed, elements_of<F>(dim), 1};
  }
};

/// The vectors of one head, [tokens][dim], as right factors that are read again and again, with tokens along the depth:
/// in strips as wide as a register tile, one [tokens][columns] behind the other and padded with zeros to whole packets
/// and elements, so that a product reads memory from one end to the other. Rows of whole vectors may lie a power of two
/// apart and share few sets of the nearest cache.
template <typename F>
struct packed_strips {
  using real = sum_of<F>;
  static constexpr std::int64_t padded(std::int64_t dim) { return rounded_up(dim, packet<real>::size); }
  static constexpr std::int64_t size(std::int64_t tokens, std::int64_t dim) {
    return elements_of<F>(tokens) * padded(dim);
  }

  const F* data;
  std::int64_t tokens;
  std::int64_t dim;

  /// Packs the tokens [first, end) of so many; `first` is where an element starts.
  template <typename T>
  static void pack(row_factor<const T> rows, std::int64_t dim, std::int64_t tokens, std::int64_t first,
                   std::int64_t end, F* strips) {
    for_each_strip(dim, [&](std::int64_t column, std::int64_t width) {
      pack_columns(rows.from_row(first).from_column(column).data, rows.row_step, end - first,
                   std::min(width, dim - column), width, strips + place_of(tokens, first, column, width));
    });
  }

  /// result += left * vectors [first, first + depth), of `padded(dim)` columns. Elements are taken whole: `first` must
  /// be where one starts, and a left factor has zeros for the rest of the last one.
  void multiply_add(std::int64_t rows, std::int64_t depth, left_factor<F> left, std::int64_t first,
                    row_factor<real> result) const {
    const std::int64_t elements = elements_of<F>(depth);
    for_each_strip(
        dim, [&](std::int64_t column, std::int64_t width) __attribute__((always_inline)) {
          const row_factor<const F> strip{data + place_of(tokens, first, column, width), width};
          if (width == columns)
            panel_product(rows, elements, left, strip, result.from_column(column), result_write::add);
          else
            product(rows, width, elements, left, strip, result.from_column(column), result_write::add);
        });
  }

 private:
  static constexpr std::int64_t columns = register_tile<real>::columns;

  template <typename Strip>
  EIGEN_ALWAYS_INLINE static void for_each_strip(std::int64_t dim, const Strip& strip) {
    for (std::int64_t column = 0; column < padded(dim); column += columns)
      strip(column, std::min(columns, padded(dim) - column));
  }
  /// Where a strip has the element that a token starts.
  static constexpr std::int64_t place_of(std::int64_t tokens, std::int64_t token, std::int64_t column,
                                         std::int64_t width) {
    return column * elements_of<F>(tokens) + token / factor<F>::depth * width;
  }
};

namespace tiles {

/// Transposes a packet's elements of `present` rows, and of zeros up to as many rows as these are.
template <typename F, typename T>
EIGEN_ALWAYS_INLINE void transpose_elements(const T* rows, std::int64_t row_step, std::int64_t present, F* to,
                                            std::int64_t to_step) {
  using p = packet<sum_of<F>>;
  static_assert(sizeof(F) == sizeof(sum_of<F>));
  typename p::type block[std::size_t{p::size}];
  unroll<p::size>([&](std::int64_t r) __attribute__((always_inline)) {
    block[r] = r < present ? __builtin_bit_cast(typename p::type, load_elements<F>(rows + r * row_step)) : p::zero();
  });
  p::transpose(block);
  unroll<p::size>([&](std::int64_t r) __attribute__((always_inline)) {
    p::store(reinterpret_cast<sum_of<F>*>(to + r * to_step), block[r]);
  });
}

}  // namespace tiles

/// Transposes rows [count][dim] into panels of as many rows as a register tile has columns, each panel
/// [elements of dim][columns], so that a product reads them as its right factor. Missing rows of the last panel are
/// zero.
template <typename F, typename T>
EIGEN_DONT_INLINE void pack_transposed_panels(const T* rows, std::int64_t row_step, std::int64_t count,
                                              std::int64_t dim, F* panels) {
  constexpr std::int64_t columns = register_tile<sum_of<F>>::columns;
  constexpr std::int64_t size = packet<sum_of<F>>::size;
  const std::int64_t depth = elements_of<F>(dim);
  const std::int64_t whole = dim / factor<F>::depth / size * size;
  for (std::int64_t first = 0; first < count; first += columns) {
    F* panel = panels + first * depth;
    const std::int64_t present = std::min(columns, count - first);
    const T* of_panel = rows + first * row_step;
    for (std::int64_t n = 0; n < columns; n += size)
      for (std::int64_t i = 0; i < whole; i += size)
        tiles::transpose_elements(of_panel + std::min(n, present - 1) * row_step + i * factor<F>::depth, row_step,
                                  present - n, panel + i * columns + n, columns);
    for (std::int64_t n = 0; n < columns; ++n)
      for_few(whole, depth, [&](std::int64_t i) {
        panel[i * columns + n] = n < present ? tiles::element_of<F>(of_panel + n * row_step, i, dim) : F{};
      });
  }
}

/// The vectors of one head, [tokens][dim], in transposed panels.
template <typename F>
struct packed_panels {
  static constexpr std::int64_t columns = register_tile<sum_of<F>>::columns;
  static constexpr std::int64_t size(std::int64_t tokens, std::int64_t dim) {
    return rounded_up(tokens, columns) * elements_of<F>(dim);
  }

  const F* data;
  std::int64_t elements;  ///< of a vector

  /// Packs the tokens [first, end); `first` is where a panel starts.
  template <typename T>
  static void pack(row_factor<const T> rows, std::int64_t dim, std::int64_t first, std::int64_t end, F* panels) {
    if (first < end)
      pack_transposed_panels(rows.from_row(first).data, rows.row_step, end - first, dim,
                             panels + first * elements_of<F>(dim));
  }

  /// The panel that holds the tokens from `token` on, a multiple of `columns`.
  row_factor<const F> panel(std::int64_t token) const { return {data + token * elements, columns}; }
};

/// Whether all of a head's vectors are finite. A product may then read masked tokens with weight zero; otherwise
/// 0 * NaN would carry what a row cannot see into its result.
template <typename T>
EIGEN_DONT_INLINE bool all_finite(row_factor<const T> rows, std::int64_t tokens, std::int64_t dim) {
  // 0 * x is 0 for every finite x, and a sum with a NaN in it is NaN.
  using real = sum_type<T>;
  using p = packet<real>;
  constexpr int lanes = 4;
  typename p::type sums[lanes] = {p::zero(), p::zero(), p::zero(), p::zero()};
  const auto add = [&](const T* numbers, typename p::type& sum) __attribute__((always_inline)) {
    sum = p::multiply_add(p::zero(), load_as<real>(numbers), sum);
  };
  real rest = 0;
  for (std::int64_t n = 0; n < tokens; ++n) {
    const T* row = rows.from_row(n).data;
    std::int64_t d = 0;
    for (; d + lanes * p::size <= dim; d += lanes * p::size)
      unroll<lanes>([&](int i) __attribute__((always_inline)) { add(row + d + i * p::size, sums[i]); });
    for (; d + p::size <= dim; d += p::size) add(row + d, sums[0]);
    for_few(d, dim, [&](std::int64_t i) { rest += real(0) * real(row[i]); });
  }
  return rest + p::sum(p::add(p::add(sums[0], sums[1]), p::add(sums[2], sums[3]))) == real(0);
}

}  // namespace headwise::cpu
