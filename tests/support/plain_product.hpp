// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/core/result_write.hpp"

namespace headwise::test {

/// A matrix whose element (i, j) stands at data[i * row_step + j * column_step].
template <typename T>
struct plain_matrix {
  T* data;
  std::int64_t row_step;
  std::int64_t column_step = 1;

  T& operator()(std::int64_t i, std::int64_t j) const { return data[i * row_step + j * column_step]; }
};

/// result (=|+=) left * right in plain loops, with `rows` x `depth` times `depth` x `columns` numbers.
template <typename T>
void plain_product(result_write write, std::int64_t rows, std::int64_t columns, std::int64_t depth,
                   plain_matrix<const T> left, plain_matrix<const T> right, plain_matrix<T> result) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      T sum = write == result_write::add ? result(i, j) : T(0);
      for (std::int64_t k = 0; k < depth; ++k) sum += left(i, k) * right(k, j);
      result(i, j) = sum;
    }
}

}  // namespace headwise::test
