// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "headwise/core/result_write.hpp"
#include "headwise/reference/project.hpp"
#include "support/compare.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/projection.hpp"
#include "support/random.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE("projections on CUDA and their gradients agree with the reference", Scalar, float, double, bfloat16,
                   float16) {
  check_projections<mirrored_cuda_backend, Scalar>();
}

/// Tokens of two sequences that lie in a way of their own.
struct token_layout {
  std::int64_t offset;
  std::int64_t batch_stride;
  std::int64_t token_stride;

  template <typename T>
  token_view<T> of(std::vector<T>& numbers, std::int64_t width) const {
    return {numbers.data() + offset, 2, 3, width, batch_stride, token_stride};
  }
};

constexpr std::int64_t in = 5;
constexpr std::int64_t out = 4;

TEST_CASE("a projection takes tokens that lie in any order, and writes them so") {
  // Contiguous, sequences apart, tokens outside of the batch, backwards, sequences backwards.
  const token_layout layouts[] = {
      {0, 3 * 8, 8}, {1, 3 * 8 + 7, 8}, {0, 8, 2 * 8}, {5 * 8, -3 * 8, -8}, {3 * 8, -24, 8}};
  // Inputs may be shared: by the sequences, by the tokens.
  const token_layout shared[] = {{0, 0, 8}, {0, 8, 0}};
  random_numbers random(72);
  const auto weight = random.normals<double>(in * out);
  const auto check = [&](const token_layout& from, const token_layout& to) {
    CAPTURE(from.batch_stride);
    CAPTURE(from.token_stride);
    CAPTURE(to.batch_stride);
    CAPTURE(to.token_stride);
    auto x = random.normals<double>(64);
    auto y = random.normals<double>(64);
    auto expected = y;
    auto gradient = random.normals<double>(in * out);
    auto expected_gradient = gradient;
    host_workspace workspace;
    const token_view<const double> input = from.of(x, in);
    mirrored_cuda_backend::project(input, std::span<const double>(weight), std::span<const double>{}, to.of(y, out),
                                   workspace);
    reference::project(input, std::span<const double>(weight), std::span<const double>{}, to.of(expected, out));
    CHECK(equal_up_to_rounding(y, expected, 10));
    for (const result_write write : {result_write::add, result_write::overwrite}) {
      const std::span<const double> transposed(weight);
      mirrored_cuda_backend::project_backward_input(input, transposed, to.of(y, out), write, workspace);
      reference::project_backward_input(input, transposed, to.of(expected, out), write);
      CHECK(equal_up_to_rounding(y, expected, 20));
      const token_view<const double> upstream = to.of(expected, out);
      mirrored_cuda_backend::project_backward_parameters(input, upstream, std::span<double>(gradient),
                                                         std::span<double>{}, write, workspace);
      reference::project_backward_parameters(input, upstream, std::span<double>(expected_gradient), std::span<double>{},
                                             write);
      CHECK(equal_up_to_rounding(gradient, expected_gradient, 200));
    }
  };
  for (const token_layout& to : layouts) {
    for (const token_layout& from : layouts) check(from, to);
    for (const token_layout& from : shared) check(from, to);
  }
}

}  // namespace headwise::test
