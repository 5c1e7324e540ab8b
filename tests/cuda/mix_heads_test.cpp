// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/core/result_write.hpp"
#include "support/head_operations.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

template <typename Scalar, int C, int G, int D>
void check_mixing(token_counts size) {
  CAPTURE(size.batch);
  CAPTURE(size.tokens);
  CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(forward_factor, mixing<C, G, D>{size}));
  for (const result_write write : {result_write::overwrite, result_write::add})
    CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(gradient_factor, mixing_backward<C, G, D>{size, write}));
}

TEST_CASE_TEMPLATE("mixing on CUDA and its backward agree with the reference", Scalar, float, double, bfloat16,
                   float16) {
  for (const token_counts size : various_counts) {
    check_mixing<Scalar, 3, 8, 5>(size);
    check_mixing<Scalar, 7, 2, 64>(size);
  }
}

TEST_CASE_TEMPLATE("one head and many, of odd sizes, are mixed on CUDA", Scalar, float, bfloat16) {
  for (const token_counts size : various_counts) {
    check_mixing<Scalar, 1, 1, 1>(size);
    check_mixing<Scalar, 8, 8, 33>(size);
  }
}

TEST_CASE_TEMPLATE("more heads than a thread can hold are mixed in several passes", Scalar, float, bfloat16) {
  check_mixing<Scalar, 2, 150, 2>({2, 3});
  check_mixing<Scalar, 70, 3, 8>({1, 5});
  check_mixing<Scalar, 20, 36, 16>({1, 2});
  check_mixing<Scalar, 24, 40, 2>({2, 70});
}

TEST_CASE("more heads of doubles than a thread can hold are mixed in several passes") {
  check_mixing<double, 70, 3, 8>({1, 5});
  check_mixing<double, 20, 36, 16>({1, 2});
}

}  // namespace headwise::test
