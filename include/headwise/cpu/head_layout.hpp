// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace headwise::cpu {

/// A variant's heads as numbers: how many, how long, and which query heads read which composite head.
struct head_layout {
  std::int64_t query_heads;
  std::int64_t composite_heads;
  std::int64_t head_dim;
  std::int64_t value_dim;
  const int* composite_head;  ///< [query_heads]
  const int* readers;         ///< [query_heads], composite head by composite head, each time in ascending order
  const int* first_reader;    ///< [composite_heads + 1], where those of a composite head begin

  /// The query heads of one composite head.
  constexpr std::span<const int> readers_of(std::int64_t g) const {
    return {readers + first_reader[g], static_cast<std::size_t>(first_reader[g + 1] - first_reader[g])};
  }
  constexpr std::int64_t most_readers() const {
    std::int64_t most = 0;
    for (std::int64_t g = 0; g < composite_heads; ++g)
      most = std::max<std::int64_t>(most, first_reader[g + 1] - first_reader[g]);
    return most;
  }
};

/// The tables of a variant's layout, worked out from its head map.
template <typename Variant>
struct head_tables {
  std::array<int, std::size_t{Variant::query_heads}> composite_head{};
  std::array<int, std::size_t{Variant::query_heads}> readers{};
  std::array<int, std::size_t{Variant::composite_heads} + 1> first_reader{};

  static constexpr head_tables find() {
    head_tables found;
    std::size_t count = 0;
    for (int g = 0; g < Variant::composite_heads; ++g) {
      for (int h = 0; h < Variant::query_heads; ++h)
        if (Variant::composite_head(h) == g) {
          found.composite_head[static_cast<std::size_t>(h)] = g;
          found.readers[count++] = h;
        }
      found.first_reader[static_cast<std::size_t>(g) + 1] = static_cast<int>(count);
    }
    return found;
  }
};
/// The tables that a variant's layout points to.
template <typename Variant>
inline constexpr head_tables<Variant> head_tables_of = head_tables<Variant>::find();

/// A variant's layout.
template <typename Variant>
inline constexpr head_layout head_layout_of{Variant::query_heads,
                                            Variant::composite_heads,
                                            Variant::head_dim,
                                            Variant::value_dim,
                                            head_tables_of<Variant>.composite_head.data(),
                                            head_tables_of<Variant>.readers.data(),
                                            head_tables_of<Variant>.first_reader.data()};

}  // namespace headwise::cpu
