// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "headwise/policies/positions.hpp"
#include "support/backends.hpp"
#include "support/head_tensor.hpp"
#include "support/operation_agreement.hpp"
#include "support/random.hpp"

namespace headwise::test {

template <typename Positions, int Dim>
struct rotating {
  static constexpr std::uint64_t seed = 65;
  token_counts size;
  int direction;
  double magnitude() const { return 8; }

  template <typename Backend, typename Scalar>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed);
    const auto x = random_tensor<Scalar, 3, Dim>(size.batch, size.tokens, random);
    std::vector<std::int64_t> starts;
    for (std::int64_t b = 0; b < size.batch; ++b) starts.push_back(random.between(0, 100000));
    head_tensor<Scalar, 3, Dim> y(size.batch, size.tokens);
    y.fill(std::numeric_limits<Scalar>::quiet_NaN());
    const std::span<const std::int64_t> first_positions(starts);
    if (direction > 0) {
      Backend::template rotate<Positions>(x.view(), first_positions, y.view(), workspace);
    } else {
      Backend::template rotate_backward<Positions>(x.view(), first_positions, y.view(), workspace);
    }
    return values_of(y);
  }
};

TEST_CASE_TEMPLATE_DEFINE("rotation and its backward agree with the reference, far positions included", Backend,
                          rotation_agrees) {
  using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved, .base = 500000}>;
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(rotating<rotary<>, 64>{size, 1}, rotating<rotary<>, 64>{size, -1});
    check_operation<Backend>(rotating<rotary<>, 6>{size, 1}, rotating<rotary<>, 6>{size, -1});
    check_operation<Backend>(rotating<interleaved, 34>{size, 1}, rotating<interleaved, 34>{size, -1});
  }
}
TEST_CASE_TEMPLATE_APPLY(rotation_agrees, fast_backends);

}  // namespace headwise::test
