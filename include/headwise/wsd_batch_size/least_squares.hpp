// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace headwise::wsd {

/// Coordinates, residuals, columns.
using numbers = std::vector<double>;

namespace detail {

inline double sum_of_squares(const numbers& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

/// A tall matrix by columns, [columns][rows].
struct column_matrix {
  std::vector<numbers> columns;

  std::size_t size() const { return columns.size(); }
};

/// The upper triangle R of a tall matrix, whose columns take its place, and Q^T applied to a right side. By Householder
/// reflections: unlike the normal equations they keep all digits of what is nearly dependent.
inline void reflect_to_triangle(column_matrix& a, numbers& right) {
  for (std::size_t k = 0; k < a.size(); ++k) {
    numbers& pivot = a.columns[k];
    double length = 0;
    for (std::size_t i = k; i < pivot.size(); ++i) length = std::hypot(length, pivot[i]);
    if (length == 0) continue;
    const double diagonal = pivot[k] > 0 ? -length : length;
    numbers normal(pivot.begin() + static_cast<std::ptrdiff_t>(k), pivot.end());
    normal[0] -= diagonal;
    const double scale = 2 / sum_of_squares(normal);
    const auto reflect = [&](numbers& column) {
      double along = 0;
      for (std::size_t i = 0; i < normal.size(); ++i) along += normal[i] * column[k + i];
      for (std::size_t i = 0; i < normal.size(); ++i) column[k + i] -= scale * along * normal[i];
    };
    for (std::size_t j = k + 1; j < a.size(); ++j) reflect(a.columns[j]);
    reflect(right);
    std::fill(pivot.begin() + static_cast<std::ptrdiff_t>(k), pivot.end(), 0.0);
    pivot[k] = diagonal;
  }
}

/// x of R x = right, for an R without zeros on its diagonal.
inline numbers solve_triangle(const column_matrix& r, const numbers& right) {
  numbers x(r.size());
  for (std::size_t k = r.size(); k-- > 0;) {
    double rest = right[k];
    for (std::size_t j = k + 1; j < r.size(); ++j) rest -= r.columns[j][k] * x[j];
    x[k] = rest / r.columns[k][k];
  }
  return x;
}

/// Central differences. Coordinates are logarithms and logits, whose natural scale is 1.
template <typename Residuals>
column_matrix jacobian_of(const Residuals& residuals, numbers x) {
  column_matrix jacobian;
  for (double& value : x) {
    const double kept = value;
    const double step = std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(1.0, std::fabs(kept));
    value = kept + step;
    numbers column = residuals(x);
    value = kept - step;
    const numbers below = residuals(x);
    value = kept;
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = (column[i] - below[i]) / (2 * step);
    jacobian.columns.push_back(std::move(column));
  }
  return jacobian;
}

/// The step that a damping allows: the least squares of J step = -r and sqrt(damping) scale step = 0.
inline numbers damped_step(column_matrix jacobian, const numbers& r, const numbers& scale, double damping) {
  const std::size_t n = jacobian.size();
  numbers right(r.size() + n);
  std::transform(r.begin(), r.end(), right.begin(), [](double value) { return -value; });
  for (std::size_t j = 0; j < n; ++j) {
    jacobian.columns[j].resize(r.size() + n);
    jacobian.columns[j][r.size() + j] = std::sqrt(damping) * scale[j];
  }
  reflect_to_triangle(jacobian, right);
  return solve_triangle(jacobian, right);
}

}  // namespace detail

/// Where a sum of squares is smallest.
struct least_squares_result {
  numbers at;
  double cost = std::numeric_limits<double>::infinity();  ///< the sum of squares there
  bool converged = false;
};

/// The method of Levenberg and Marquardt from `start`. `residuals(x)` gives numbers that must always be finite and as
/// many as before, and at least as many as there are coordinates.
template <typename Residuals>
least_squares_result minimize_squares(const Residuals& residuals, const numbers& start) {
  constexpr int most_iterations = 500;
  constexpr double largest_damping = 1e14;
  constexpr double small_gain = 1e-15;
  constexpr double small_step = 1e-12;
  constexpr double smallest_scale = 1e-8;  // relative, for coordinates that change nothing
  numbers r = residuals(start);
  least_squares_result best{start, detail::sum_of_squares(r)};
  double damping = 1e-3;
  for (int iteration = 0; iteration < most_iterations && !best.converged; ++iteration) {
    const detail::column_matrix jacobian = detail::jacobian_of(residuals, best.at);
    numbers scale;
    for (const numbers& column : jacobian.columns) scale.push_back(std::sqrt(detail::sum_of_squares(column)));
    const double floor = smallest_scale * *std::max_element(scale.begin(), scale.end());
    for (double& value : scale) value = std::max({value, floor, std::numeric_limits<double>::min()});
    for (bool improved = false; !improved && !best.converged;) {
      const numbers step = detail::damped_step(jacobian, r, scale, damping);
      numbers tried = best.at;
      double longest = 0;
      for (std::size_t i = 0; i < step.size(); ++i) {
        tried[i] += step[i];
        longest = std::max(longest, std::fabs(step[i]));
      }
      numbers tried_residuals = residuals(tried);
      const double cost = detail::sum_of_squares(tried_residuals);
      improved = cost < best.cost;
      best.converged =
          longest < small_step || (improved && best.cost - cost <= small_gain * best.cost) || damping > largest_damping;
      if (improved) {
        best.at = std::move(tried);
        best.cost = cost;
        r = std::move(tried_residuals);
      }
      damping = improved ? std::max(damping / 5, 1e-15) : 4 * damping;
    }
  }
  return best;
}

/// What `minimize_squares` finds from several starts, the best first. From each start the same minimum may come again.
template <typename Residuals>
std::vector<least_squares_result> minima_from(const Residuals& residuals, const std::vector<numbers>& starts) {
  std::vector<least_squares_result> found;
  found.reserve(starts.size());
  for (const numbers& start : starts) found.push_back(minimize_squares(residuals, start));
  std::stable_sort(found.begin(), found.end(),
                   [](const least_squares_result& a, const least_squares_result& b) { return a.cost < b.cost; });
  return found;
}

/// The covariance of the coordinates where a sum of squares in standard deviations is smallest, (J^T J)^-1, [n][n];
/// infinite variances where data leave a direction open.
template <typename Residuals>
std::vector<numbers> covariance_at(const Residuals& residuals, const numbers& at) {
  constexpr double open = 1e-10;
  detail::column_matrix r = detail::jacobian_of(residuals, at);
  numbers unused(r.columns.front().size());
  detail::reflect_to_triangle(r, unused);
  const std::size_t n = r.size();
  double largest = 0;
  for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, std::fabs(r.columns[k][k]));
  std::vector<numbers> covariance(n, numbers(n, std::numeric_limits<double>::infinity()));
  for (std::size_t k = 0; k < n; ++k)
    if (std::fabs(r.columns[k][k]) <= open * largest) return covariance;
  std::vector<numbers> inverse;  // columns of R^-1
  for (std::size_t k = 0; k < n; ++k) {
    numbers unit(n);
    unit[k] = 1;
    inverse.push_back(detail::solve_triangle(r, unit));
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t k = std::max(i, j); k < n; ++k) sum += inverse[k][i] * inverse[k][j];
      covariance[i][j] = sum;
    }
  return covariance;
}

}  // namespace headwise::wsd
