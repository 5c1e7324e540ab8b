// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/cuda/add_rows.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/matrix_product.cuh"
#include "headwise/cuda/token_rows.cuh"
#include "headwise/operations/project_checks.hpp"

namespace headwise::cuda {
namespace loops {

/// result (=|+=) rows * weight, or its transpose, where all of them are as a matrix product wants them.
template <typename T>
void multiply_rows(const char* name, token_view<const T> rows, const T* weight, matrix_form form, token_view<T> result,
                   bool add, std::byte* scratch, cuda_workspace& workspace) {
  const bool as_one = are_one_matrix(rows) && are_one_matrix(result);
  const auto left = matrices_of(rows, as_one);
  const auto to = matrices_of(result, as_one);
  const std::int64_t stored_width = form == matrix_form::stored ? result.width : rows.width;
  workspace.multiply<T>(name, {left.batch, left.tokens, result.width, rows.width}, left.rows, matrix_form::stored,
                        {weight, stored_width}, form, to.rows, add, scratch);
}

/// What is taken for a product: rows that are no matrices are copied to scratch, a result back from there.
template <typename T>
struct product_operands {
  token_view<const T> rows;
  token_view<T> rows_copy;
  token_view<T> result;
  token_view<T> result_copy;
  std::byte* scratch;

  product_operands(token_view<const T> given_rows, token_view<T> given_result, cuda_workspace::frame& frame)
      : rows(given_rows),
        rows_copy(are_matrices(given_rows) ? token_view<T>{} : take_contiguous_rows<T>(given_rows, frame)),
        result(given_result),
        result_copy(are_matrices(given_result) ? token_view<T>{} : take_contiguous_rows<T>(given_result, frame)),
        scratch(frame.template take<std::byte>(matrix_products::scratch_bytes)) {}

  /// What the result is written to at first.
  token_view<T> target() const { return result_copy.data != nullptr ? result_copy : result; }

  void multiply(const char* name, const T* weight, matrix_form form, bool add, cuda_workspace& workspace) const {
    if (rows_copy.data != nullptr) copy_token_rows<T>(rows, rows_copy, workspace);
    multiply_rows<T>(name, rows_copy.data != nullptr ? token_view<const T>(rows_copy) : rows, weight, form, target(),
                     add, scratch, workspace);
  }
  void copy_back(cuda_workspace& workspace) const {
    if (result_copy.data != nullptr) copy_token_rows<T>(result_copy, result, workspace);
  }
};

}  // namespace loops

/// y = x weight + bias for every token: x [batch][tokens][in], weight [in][out] row by row, bias [out] or empty, y
/// [batch][tokens][out].
template <typename In, typename T>
void project(token_view<In> x, std::type_identity_t<std::span<const T>> weight,
             std::type_identity_t<std::span<const T>> bias, token_view<T> y, cuda_workspace& workspace) {
  headwise::detail::check_project(x, weight, bias, y);
  cuda_workspace::frame frame(workspace);
  const loops::product_operands<T> operands(x, y, frame);
  // The bias is what the product is added to, so that the sum is rounded once.
  if (!bias.empty() || x.width == 0) fill_token_rows<T>(operands.target(), bias.data(), workspace);
  if (x.width > 0) operands.multiply("project", weight.data(), matrix_form::stored, !bias.empty(), workspace);
  operands.copy_back(workspace);
}

/// The gradient of `project` for its input: x_gradient = y_gradient weight^T, overwriting or adding.
template <typename In, typename T>
void project_backward_input(token_view<In> y_gradient, std::type_identity_t<std::span<const T>> weight,
                            token_view<T> x_gradient, result_write write, cuda_workspace& workspace) {
  headwise::detail::check_project_backward_input(y_gradient, weight, x_gradient);
  const bool add = write == result_write::add;
  cuda_workspace::frame frame(workspace);
  const loops::product_operands<T> operands(y_gradient, x_gradient, frame);
  if (add && operands.result_copy.data != nullptr) copy_token_rows<T>(x_gradient, operands.result_copy, workspace);
  if (!add && y_gradient.width == 0) fill_token_rows<T>(operands.target(), nullptr, workspace);
  if (y_gradient.width > 0)
    operands.multiply("project_backward_input", weight.data(), matrix_form::transposed, add, workspace);
  operands.copy_back(workspace);
}

/// The gradients of `project` for its parameters, overwriting or adding: x^T y_gradient for the weight and the sum of
/// y_gradient for the bias (where there is one).
template <typename In, typename InGradient, typename T>
void project_backward_parameters(token_view<In> x, token_view<InGradient> y_gradient, std::span<T> weight_gradient,
                                 std::type_identity_t<std::span<T>> bias_gradient, result_write write,
                                 cuda_workspace& workspace) {
  headwise::detail::check_project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient);
  workspace.require_room([&](cuda_workspace& counting) {
    project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient, write, counting);
  });
  const token_view<const T> left = x;
  const token_view<const T> right = y_gradient;
  cuda_workspace::frame frame(workspace);
  // One product over all tokens rounds its sums once.
  const auto copy_of = [&](const token_view<const T>& rows) {
    return are_one_matrix(rows) ? token_view<T>{} : take_contiguous_rows<T>(rows, frame);
  };
  const token_view<T> left_copy = copy_of(left);
  const token_view<T> right_copy = copy_of(right);
  auto* const scratch = frame.template take<std::byte>(matrix_products::scratch_bytes);
  const auto matrix_of = [&](const token_view<const T>& rows, const token_view<T>& copy) {
    if (copy.data == nullptr) return matrices_of(rows, true);
    copy_token_rows<T>(rows, copy, workspace);
    return matrices_of(token_view<const T>(copy), true);
  };
  const std::int64_t tokens = x.batch * x.tokens;
  const bool add = write == result_write::add;
  const auto clear = [&](std::span<T> gradient) {
    if (!gradient.empty()) workspace.fill_with_zeros(gradient.data(), static_cast<std::int64_t>(gradient.size()));
  };
  if (!add && tokens == 0) clear(weight_gradient);
  if (tokens > 0 && !weight_gradient.empty())
    workspace.multiply<T>("project_backward_parameters", {1, x.width, y_gradient.width, tokens},
                          matrix_of(left, left_copy).rows, matrix_form::transposed, matrix_of(right, right_copy).rows,
                          matrix_form::stored, {weight_gradient.data(), y_gradient.width}, add, scratch);
  if (!add) clear(bias_gradient);
  if (!bias_gradient.empty()) add_rows<T>(right, bias_gradient.data(), workspace);
}

}  // namespace headwise::cuda
