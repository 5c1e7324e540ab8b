// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/backends.hpp"
#include "support/head_tensor.hpp"
#include "support/operation_agreement.hpp"
#include "support/random.hpp"

namespace headwise::test {

template <int C, int G, int D>
struct mixing {
  static constexpr std::uint64_t seed = 61;
  token_counts size;
  double magnitude() const { return 8.0 * C; }

  template <typename Backend, typename Scalar>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed);
    const auto components = random_tensor<Scalar, C, D>(size.batch, size.tokens, random);
    const auto weight = random.normals<Scalar>(C * G);
    head_tensor<Scalar, G, D> composites(size.batch, size.tokens);
    composites.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::mix_heads(components.view(), std::span<const Scalar>(weight), composites.view(), workspace);
    return values_of(composites);
  }
};

template <int C, int G, int D>
struct mixing_backward {
  static constexpr std::uint64_t seed = 62;
  token_counts size;
  double magnitude() const { return 8.0 * std::max<double>(G, static_cast<double>(size.batch * size.tokens * D)); }

  template <typename Backend, typename Scalar>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed);
    const auto components = random_tensor<Scalar, C, D>(size.batch, size.tokens, random);
    const auto composite_gradient = random_tensor<Scalar, G, D>(size.batch, size.tokens, random);
    const auto weight = random.normals<Scalar>(C * G);
    auto weight_gradient = random.normals<Scalar>(C * G);
    head_tensor<Scalar, C, D> component_gradient(size.batch, size.tokens);
    component_gradient.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::mix_heads_backward(components.view(), std::span<const Scalar>(weight), composite_gradient.view(),
                                component_gradient.view(), std::span<Scalar>(weight_gradient), workspace);
    return joined(values_of(component_gradient), weight_gradient);
  }
};

TEST_CASE_TEMPLATE_DEFINE("mixing and its backward agree with the reference", Backend, mixing_agrees) {
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(mixing<1, 1, 1>{size}, mixing_backward<1, 1, 1>{size});
    check_operation<Backend>(mixing<3, 8, 5>{size}, mixing_backward<3, 8, 5>{size});
    check_operation<Backend>(mixing<7, 2, 64>{size}, mixing_backward<7, 2, 64>{size});
    check_operation<Backend>(mixing<8, 8, 33>{size}, mixing_backward<8, 8, 33>{size});
  }
}
TEST_CASE_TEMPLATE_APPLY(mixing_agrees, fast_backends);

}  // namespace headwise::test
