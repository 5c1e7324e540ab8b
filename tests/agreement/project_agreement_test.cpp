// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>

#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/projection.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

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
      gradient_factor, [](const auto& r) { return r.bias_gradient; }, size.batch * size.tokens));
}

TEST_CASE_TEMPLATE_DEFINE("projections and their gradients agree with the reference", Backend, projections_agree) {
  constexpr projection_size sizes[] = {{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 17, 33, 8},  {3, 40, 64, 96},
                                       {0, 4, 5, 6}, {2, 0, 5, 6}, {2, 70, 3, 130}, {1, 200, 130, 2}};
  for (const projection_size& size : sizes)
    for (const bool with_bias : {false, true}) {
      CAPTURE(size.batch);
      CAPTURE(size.tokens);
      CAPTURE(size.in);
      CAPTURE(size.out);
      CAPTURE(with_bias);
      CAPTURE(projection_seed);
      check_projection<Backend, float>(size, with_bias);
      check_projection<Backend, double>(size, with_bias);
    }
}
TEST_CASE_TEMPLATE_APPLY(projections_agree, fast_backends);

}  // namespace headwise::test
