// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace headwise::cpu {

namespace tiles {

/// The address `count` numbers further on. Factors of nothing may have no memory, and null stays null.
template <typename T>
T* further_on(T* data, std::int64_t count) {
  return data == nullptr ? nullptr : data + count;
}

}  // namespace tiles

/// A right factor or a result, read by packets: rows `row_step` apart, contiguous columns.
template <typename T>
struct row_factor {
  T* data;
  std::int64_t row_step;

  row_factor from_row(std::int64_t k) const { return {tiles::further_on(data, k * row_step), row_step}; }
  row_factor from_column(std::int64_t j) const { return {tiles::further_on(data, j), row_step}; }
};

/// A right factor whose elements are pairs of numbers of two rows: the first one's and the next one's.
template <typename T>
struct row_pair_factor {
  const T* data;
  std::int64_t row_step;

  row_pair_factor from_column(std::int64_t j) const { return {tiles::further_on(data, j), row_step}; }
};

/// A left factor, read one element at a time: element (i, k) stands at data[i * row_step + k * depth_step].
template <typename T>
struct left_factor {
  const T* data;
  std::int64_t row_step;
  std::int64_t depth_step;

  static left_factor rows(row_factor<const T> rows) { return {rows.data, rows.row_step, 1}; }
  /// The transpose of rows: element (i, k) stands in row k, column i.
  static left_factor columns(row_factor<const T> rows) { return {rows.data, 1, rows.row_step}; }

  left_factor from_row(std::int64_t i) const { return {tiles::further_on(data, i * row_step), row_step, depth_step}; }
  left_factor from_depth(std::int64_t k) const {
    return {tiles::further_on(data, k * depth_step), row_step, depth_step};
  }
};

}  // namespace headwise::cpu
