// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/policies/positions.hpp"
#include "support/head_operations.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

/// Neighbours but one turn together, and who they are is known at run time alone.
struct scattered_pairs {
  static double frequency(int pair, int /*dim*/) { return 1.0 / (1 + pair); }
  static int first_feature(int pair, int /*dim*/) { return pair / 2 * 4 + pair % 2; }
  static int second_feature(int pair, int /*dim*/) { return pair / 2 * 4 + pair % 2 + 2; }
};

template <typename Scalar, typename Positions, int Dim>
void check_rotation(token_counts size) {
  CAPTURE(size.batch);
  CAPTURE(size.tokens);
  CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(forward_factor, rotating<Positions, Dim>{size, 1}));
  CHECK(agrees_with_reference<mirrored_cuda_backend, Scalar>(gradient_factor, rotating<Positions, Dim>{size, -1}));
}

TEST_CASE_TEMPLATE("rotation on CUDA and its backward agree with the reference, far positions included", Scalar, float,
                   double, bfloat16, float16) {
  using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved, .base = 500000}>;
  for (const token_counts size : various_counts) {
    check_rotation<Scalar, rotary<>, 64>(size);
    check_rotation<Scalar, rotary<>, 6>(size);
    check_rotation<Scalar, interleaved, 34>(size);
    check_rotation<Scalar, interleaved, 64>(size);
    check_rotation<Scalar, scattered_pairs, 8>(size);
  }
}

TEST_CASE("the positions of more sequences than travel with a launch agree with the reference") {
  check_rotation<float, rotary<>, 2>({64, 2});
  check_rotation<float, rotary<>, 2>({65, 2});
}

}  // namespace headwise::test
