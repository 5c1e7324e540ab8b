// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace language_model {

/// A tensor of parameters with its gradient, as optimisers, checkpoints and gradient checks see it.
template <typename Scalar>
struct parameter_view {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<Scalar> values;
  std::span<Scalar> gradient;

  bool is_matrix() const { return shape.size() == 2; }
};

/// A tensor of parameters that owns its numbers; stored row by row.
template <typename Scalar>
struct parameter {
  std::vector<std::int64_t> shape;
  std::vector<Scalar> values;
  std::vector<Scalar> gradient;

  /// Every number at `first_value`, the gradient at zero.
  explicit parameter(std::vector<std::int64_t> shape_, Scalar first_value = Scalar(0))
      : shape(std::move(shape_)), values(count(), first_value), gradient(count(), Scalar(0)) {}

  parameter_view<Scalar> view(std::string name) { return {std::move(name), shape, values, gradient}; }

 private:
  std::size_t count() const {
    return static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
  }
};

}  // namespace language_model
