// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/compare.hpp"
#include "support/random.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

/// The sizes of a projection.
struct projection_size {
  std::int64_t batch;
  std::int64_t tokens;
  std::int64_t in;
  std::int64_t out;
  /// Elements between sequences beside the rows of tokens: where there are any, sequences are no matrix together.
  std::int64_t sequence_gap = 0;
};

inline constexpr std::uint64_t projection_seed = 71;

/// Rows of every token view lie this much further apart than they are wide.
inline constexpr std::int64_t projection_gap = 3;

/// A projection in one number type, with everything that its three functions give.
template <typename Scalar>
struct projection_results {
  std::vector<Scalar> y;
  std::vector<Scalar> x_gradient;
  std::vector<Scalar> x_gradient_added;
  std::vector<Scalar> weight_gradient;
  std::vector<Scalar> weight_gradient_added;
  std::vector<Scalar> bias_gradient;
  std::vector<Scalar> bias_gradient_added;
};

template <typename Scalar>
std::vector<Scalar> rows_of(const token_view<Scalar>& view) {
  std::vector<Scalar> values;
  for (std::int64_t b = 0; b < view.batch; ++b)
    for (std::int64_t n = 0; n < view.tokens; ++n)
      values.insert(values.end(), view.row(b, n), view.row(b, n) + view.width);
  return values;
}

/// Runs them on a backend, with numbers that `Stored` can hold.
template <typename Backend, typename Scalar, typename Stored>
projection_results<Scalar> project_on(const projection_size& size, bool with_bias, host_workspace& workspace) {
  constexpr Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
  random_numbers random(projection_seed, rounded_to<Stored>);
  const auto view = [&](std::vector<Scalar>& buffer, std::int64_t width) {
    const std::int64_t row = width + projection_gap;
    return token_view<Scalar>{
        buffer.data(), size.batch, size.tokens, width, size.tokens * row + size.sequence_gap, row};
  };
  const auto buffer = [&](std::int64_t width) {
    return random.normals<Scalar>(size.batch * (size.tokens * (width + projection_gap) + size.sequence_gap));
  };
  auto x = buffer(size.in);
  auto y_gradient = buffer(size.out);
  auto x_gradient = buffer(size.in);
  std::vector<Scalar> y(y_gradient.size(), nan);
  const auto weight = random.normals<Scalar>(size.in * size.out);
  const auto bias = random.normals<Scalar>(with_bias ? size.out : 0);
  auto weight_gradient = random.normals<Scalar>(size.in * size.out);
  auto bias_gradient = random.normals<Scalar>(with_bias ? size.out : 0);

  projection_results<Scalar> results;
  const token_view<const Scalar> input = view(x, size.in);
  const token_view<const Scalar> upstream = view(y_gradient, size.out);
  Backend::project(input, std::span<const Scalar>(weight), std::span<const Scalar>(bias), view(y, size.out), workspace);
  results.y = rows_of(view(y, size.out));
  Backend::project_backward_input(upstream, std::span<const Scalar>(weight), view(x_gradient, size.in),
                                  result_write::add, workspace);
  results.x_gradient_added = rows_of(view(x_gradient, size.in));
  std::fill(x_gradient.begin(), x_gradient.end(), nan);
  Backend::project_backward_input(upstream, std::span<const Scalar>(weight), view(x_gradient, size.in),
                                  result_write::overwrite, workspace);
  results.x_gradient = rows_of(view(x_gradient, size.in));
  const auto parameters_backward = [&](result_write write) {
    Backend::project_backward_parameters(input, upstream, std::span<Scalar>(weight_gradient),
                                         std::span<Scalar>(bias_gradient), write, workspace);
  };
  parameters_backward(result_write::add);
  results.weight_gradient_added = weight_gradient;
  results.bias_gradient_added = bias_gradient;
  std::fill(weight_gradient.begin(), weight_gradient.end(), nan);
  std::fill(bias_gradient.begin(), bias_gradient.end(), nan);
  parameters_backward(result_write::overwrite);
  results.weight_gradient = weight_gradient;
  results.bias_gradient = bias_gradient;
  return results;
}

/// They agree with the reference.
template <typename Backend, typename Scalar>
void check_projection(const projection_size& size, bool with_bias) {
  host_workspace tested_workspace = poisoned_workspace();
  host_workspace workspace;
  const auto tested = project_on<Backend, Scalar, Scalar>(size, with_bias, tested_workspace);
  const auto plain = project_on<reference_backend, Scalar, Scalar>(size, with_bias, workspace);
  const auto exact = project_on<reference_backend, exact_type<Scalar>, Scalar>(size, with_bias, workspace);
  const auto agrees = [&](double factor, const auto& get, std::int64_t terms) {
    return as_precise_as_plain(factor, get(tested), get(plain), get(exact),
                               rounding_floor<Scalar>(static_cast<double>(1 + terms)));
  };
  CHECK(agrees(
      forward_factor, [](const auto& r) { return r.y; }, size.in));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.x_gradient; }, size.out));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.x_gradient_added; }, size.out));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.weight_gradient; }, size.batch * size.tokens));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.weight_gradient_added; }, size.batch * size.tokens));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.bias_gradient; }, size.batch * size.tokens));
  CHECK(agrees(
      gradient_factor, [](const auto& r) { return r.bias_gradient_added; }, size.batch * size.tokens));
}

/// Projections of many sizes and their gradients agree with the reference.
template <typename Backend, typename Scalar>
void check_projections() {
  constexpr projection_size sizes[] = {{1, 1, 1, 1},    {2, 3, 5, 7},      {1, 17, 33, 8},  {3, 40, 64, 96},
                                       {0, 4, 5, 6},    {2, 0, 5, 6},      {2, 70, 3, 130}, {1, 200, 130, 2},
                                       {5, 3, 4, 7, 2}, {4, 27, 31, 70, 5}};
  for (const projection_size& size : sizes)
    for (const bool with_bias : {false, true}) {
      CAPTURE(size.batch);
      CAPTURE(size.tokens);
      CAPTURE(size.in);
      CAPTURE(size.out);
      CAPTURE(size.sequence_gap);
      CAPTURE(with_bias);
      CAPTURE(projection_seed);
      check_projection<Backend, Scalar>(size, with_bias);
    }
}

}  // namespace headwise::test
