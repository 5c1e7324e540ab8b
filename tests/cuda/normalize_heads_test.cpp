// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_operations.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

template <typename Scalar, norm_settings Settings, int Heads, int Dim>
void check_norm(token_counts size) {
  CAPTURE(size.batch);
  CAPTURE(size.tokens);
  CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(forward_factor, normalizing<Settings, Heads, Dim>{size}));
  CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(gradient_factor,
                                                             normalizing_backward<Settings, Heads, Dim>{size}));
}

TEST_CASE_TEMPLATE("norms on CUDA and their backward agree with the reference", Scalar, float, double, bfloat16,
                   float16) {
  static constexpr norm_settings shared{};
  static constexpr norm_settings own{.gain = norm_gain::per_head, .factor = 0.5, .epsilon = 0};
  static constexpr norm_settings grouped{.groups = 2};
  static constexpr norm_settings whole{.gain = norm_gain::none, .groups = 1, .epsilon = 0.5};
  for (const token_counts size : various_counts) {
    check_norm<Scalar, shared, 3, 64>(size);
    check_norm<Scalar, own, 4, 33>(size);
    check_norm<Scalar, grouped, 6, 8>(size);
    check_norm<Scalar, whole, 5, 7>(size);
  }
}

TEST_CASE_TEMPLATE("a gain that many heads share over many tokens gathers all their gradients", Scalar, float,
                   bfloat16) {
  static constexpr norm_settings shared{};
  // 40 slices of tokens by 16 heads are more rows of partial sums than are added at once.
  check_norm<Scalar, shared, 16, 2>({2, 320});
}

TEST_CASE_TEMPLATE("a norm over more features than a warp holds agrees with the reference", Scalar, float, bfloat16) {
  static constexpr norm_settings whole{.gain = norm_gain::per_head, .groups = 1};
  static constexpr norm_settings halves{.groups = 2};
  check_norm<Scalar, whole, 6, 100>({2, 3});
  check_norm<Scalar, halves, 10, 257>({1, 2});
}

}  // namespace headwise::test
