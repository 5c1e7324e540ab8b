// SPDX-License-Identifier: Apache-2.0
// The same functions as in the library's file of this name, as plain loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "emulator/device_memory.hpp"
#include "emulator/settings.hpp"
#include "headwise/core/error.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/cuda/runtime.cuh"

namespace headwise::cuda {

template <typename T>
struct matrix_rows {
  T* data;
  std::int64_t row_step;
  std::int64_t batch_step = 0;
};

enum class matrix_form { stored, transposed };

struct product_size {
  std::int64_t batch;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
};

class matrix_products {
 public:
  static constexpr std::size_t scratch_bytes = std::size_t{1} << 10;

  explicit matrix_products(stream) {}

  template <typename T>
  void multiply(const char* name, const product_size& size, matrix_rows<const std::type_identity_t<T>> left,
                matrix_form left_form, matrix_rows<const std::type_identity_t<T>> right, matrix_form right_form,
                matrix_rows<T> result, bool add, std::byte* scratch) {
    emulator::fail_if_asked(emulator::request::launch, name);
    require_memory(name, scratch, scratch_bytes);
    for (std::int64_t b = 0; b < size.batch; ++b) {
      require_rows(name, left, b, size.rows, size.depth, left_form);
      require_rows(name, right, b, size.depth, size.columns, right_form);
      require_rows(name, result, b, size.rows, size.columns, matrix_form::stored);
      for (std::int64_t i = 0; i < size.rows; ++i)
        for (std::int64_t j = 0; j < size.columns; ++j) {
          T& to = *element(result, b, i, j, matrix_form::stored);
          sum_type<T> sum = add ? sum_type<T>(to) : sum_type<T>(0);
          for (std::int64_t k = 0; k < size.depth; ++k)
            sum += sum_type<T>(*element(left, b, i, k, left_form)) * sum_type<T>(*element(right, b, k, j, right_form));
          to = T(sum);
        }
    }
  }

 private:
  template <typename T>
  static T* element(const matrix_rows<T>& m, std::int64_t b, std::int64_t row, std::int64_t column, matrix_form form) {
    return emulator::place_on_host(
        m.data + b * m.batch_step +
        (form == matrix_form::stored ? row * m.row_step + column : column * m.row_step + row));
  }
  static void require_memory(const char* name, const void* address, std::size_t bytes) {
    detail::require(emulator::in_device_memory(address, bytes), name, "given memory that is not the device's",
                    "memory of the device");
  }
  /// What cuBLAS asks of a matrix, and that it is there.
  template <typename T>
  static void require_rows(const char* name, const matrix_rows<T>& m, std::int64_t b, std::int64_t rows,
                           std::int64_t columns, matrix_form form) {
    const std::int64_t stored_rows = form == matrix_form::stored ? rows : columns;
    const std::int64_t stored_columns = form == matrix_form::stored ? columns : rows;
    if (stored_rows == 0 || stored_columns == 0) return;
    detail::require(m.row_step >= stored_columns, name, detail::words("given rows ", m.row_step, " apart"),
                    detail::words("rows at least ", stored_columns, " apart"));
    require_memory(name, m.data + b * m.batch_step,
                   static_cast<std::size_t>((stored_rows - 1) * m.row_step + stored_columns) * sizeof(T));
  }
};

}  // namespace headwise::cuda
