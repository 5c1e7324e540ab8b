// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace language_model {

// GELU in its tanh form, gelu(x) = x / 2 (1 + tanh(s (x + c x^3))), on one row of a size known at compile time: Eigen
// then uses the same instructions for an element wherever the row lies in memory, so that runs repeat to the bit.

template <typename Scalar, int Size>
using row_array = Eigen::Array<Scalar, Size, 1>;

namespace gelu_constants {
inline constexpr double scale = 0.7978845608028654;  // sqrt(2 / pi)
inline constexpr double cubic = 0.044715;
}  // namespace gelu_constants

template <int Size, typename Scalar>
void gelu(const Scalar* in, Scalar* out) {
  const Eigen::Map<const row_array<Scalar, Size>> x(in);
  const row_array<Scalar, Size> inner = Scalar(gelu_constants::scale) * x * (1 + Scalar(gelu_constants::cubic) * x * x);
  const row_array<Scalar, Size> tanh = inner.tanh();
  Eigen::Map<row_array<Scalar, Size>> y(out);
  y = Scalar(0.5) * x * (1 + tanh);
}

/// gradient *= gelu'(in).
template <int Size, typename Scalar>
void gelu_backward(const Scalar* in, Scalar* gradient) {
  const Eigen::Map<const row_array<Scalar, Size>> x(in);
  const row_array<Scalar, Size> square = x * x;
  const row_array<Scalar, Size> inner =
      Scalar(gelu_constants::scale) * x * (1 + Scalar(gelu_constants::cubic) * square);
  const row_array<Scalar, Size> tanh = inner.tanh();
  const row_array<Scalar, Size> inner_slope =
      Scalar(gelu_constants::scale) * (1 + Scalar(3 * gelu_constants::cubic) * square);
  Eigen::Map<row_array<Scalar, Size>> slope(gradient);
  slope *= Scalar(0.5) * (1 + tanh + x * (1 - tanh * tanh) * inner_slope);
}

}  // namespace language_model
