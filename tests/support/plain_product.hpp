// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace headwise::test {

/// A matrix whose element (i, j) stands at data[i * row_step + j * column_step].
template <typename T>
struct plain_matrix {
  T* data;
  std::int64_t row_step;
  std::int64_t column_step = 1;

  T& operator()(std::int64_t i, std::int64_t j) const { return data[i * row_step + j * column_step]; }
};

/// sums += left * right in plain loops, with `rows` x `depth` times `depth` x `columns` numbers.
template <typename T>
void add_plain_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, plain_matrix<const T> left,
                       plain_matrix<const T> right, plain_matrix<T> sums) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t k = 0; k < depth; ++k) sums(i, j) += left(i, k) * right(k, j);
}

/// sums = left * right, or sums += left * right.
template <typename T>
void plain_product(bool add, std::int64_t rows, std::int64_t columns, std::int64_t depth, plain_matrix<const T> left,
                   plain_matrix<const T> right, plain_matrix<T> sums) {
  if (!add)
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) sums(i, j) = T(0);
  add_plain_product<T>(rows, columns, depth, left, right, sums);
}

}  // namespace headwise::test
