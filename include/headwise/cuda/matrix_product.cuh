// SPDX-License-Identifier: Apache-2.0
// Large matrix products, by cuBLAS.
#pragma once

#include <cublas_v2.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "headwise/core/error.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/cuda/runtime.cuh"
#include "headwise/cuda/unique_handle.cuh"

namespace headwise::cuda {

/// Throws `headwise::error` unless cuBLAS reports success; `what` names the work.
inline void require_success(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw error(what, std::string(cublasGetStatusName(status)) + " (" + cublasGetStatusString(status) + ")",
              "CUBLAS_STATUS_SUCCESS");
}

/// One factor of a product, or its result, row by row: rows `row_step` apart, and the matrices of a batch `batch_step`
/// apart. `row_step` is at least the width of a row as it is stored.
template <typename T>
struct matrix_rows {
  T* data;
  std::int64_t row_step;
  std::int64_t batch_step = 0;
};

/// Whether a factor is taken as it is stored, or its transpose.
enum class matrix_form { stored, transposed };

/// Matrices of a batch: result [rows][columns] (=|+=) left [rows][depth] right [depth][columns] for each.
struct product_size {
  std::int64_t batch;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
};

/// The products of one stream. Sums over numbers of 16 bits are taken in float, and nowhere in less.
class matrix_products {
 public:
  /// Scratch that a product must be given: what cuBLAS asks for on a Hopper GPU.
  static constexpr std::size_t scratch_bytes = std::size_t{32} << 20;

  explicit matrix_products(stream order) {
    cublasHandle_t handle = nullptr;
    require_success(cublasCreate(&handle), "cuBLAS");
    handle_.reset(handle);
    require_success(cublasSetStream(handle, order), "stream");
    require_success(cublasSetMathMode(handle, math_mode), "cuBLAS");
  }

  /// Starts the products; `scratch` is memory of `scratch_bytes` on the device, in use until they are done.
  template <typename T>
  void multiply(const char* name, const product_size& size, matrix_rows<const std::type_identity_t<T>> left,
                matrix_form left_form, matrix_rows<const std::type_identity_t<T>> right, matrix_form right_form,
                matrix_rows<T> result, bool add, std::byte* scratch) {
    using factor = sum_type<T>;
    const factor one = 1;
    const factor kept = add ? 1 : 0;
    require_success(cublasSetWorkspace(handle_.get(), scratch, scratch_bytes), "workspace");
    // cuBLAS counts by columns: it sees the transpose of every matrix, and result^T = right^T left^T.
    require_success(cublasGemmStridedBatchedEx_64(
                        handle_.get(), operation(right_form), operation(left_form), size.columns, size.rows, size.depth,
                        &one, right.data, type_of<T>(), right.row_step, right.batch_step, left.data, type_of<T>(),
                        left.row_step, left.batch_step, &kept, result.data, type_of<T>(), result.row_step,
                        result.batch_step, size.batch, compute_type<T>(), CUBLAS_GEMM_DEFAULT),
                    name);
  }

 private:
  struct destroy {
    void operator()(cublasContext* handle) const { static_cast<void>(cublasDestroy(handle)); }
  };
  static constexpr cublasMath_t math_mode = static_cast<cublasMath_t>(
      static_cast<int>(CUBLAS_DEFAULT_MATH) | static_cast<int>(CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION));

  static cublasOperation_t operation(matrix_form form) {
    return form == matrix_form::stored ? CUBLAS_OP_N : CUBLAS_OP_T;
  }
  template <typename T>
  static constexpr cudaDataType_t type_of() {
    if constexpr (std::is_same_v<T, bfloat16>) return CUDA_R_16BF;
    if constexpr (std::is_same_v<T, float16>) return CUDA_R_16F;
    if constexpr (std::is_same_v<T, float>) return CUDA_R_32F;
    if constexpr (std::is_same_v<T, double>) return CUDA_R_64F;
  }
  template <typename T>
  static constexpr cublasComputeType_t compute_type() {
    return std::is_same_v<T, double> ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F;
  }

  unique_handle<cublasContext, destroy> handle_;
};

}  // namespace headwise::cuda
