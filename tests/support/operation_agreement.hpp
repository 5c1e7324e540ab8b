// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "headwise/reference/reference_backend.hpp"
#include "support/compare.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

/// What an operation gives in every precision: on the backend under test, and plainly and exactly on the reference.
/// `operation.run<Backend, Scalar, Stored>(workspace)` returns the results one behind the other, for operands that
/// `Stored` can hold; all their terms are of the same size, which is `operation.magnitude()`.
template <typename Backend, typename Scalar, typename Operation>
verdict agrees_with_reference(double factor, const Operation& operation) {
  host_workspace tested_workspace = poisoned_workspace();
  host_workspace workspace;
  const auto tested = operation.template run<Backend, Scalar, Scalar>(tested_workspace);
  const auto plain = operation.template run<reference_backend, Scalar, Scalar>(workspace);
  const auto exact = operation.template run<reference_backend, exact_type<Scalar>, Scalar>(workspace);
  return as_precise_as_plain(factor, tested, plain, exact, rounding_floor<Scalar>(operation.magnitude()));
}

template <typename Scalar>
std::vector<Scalar> joined(std::vector<Scalar> a, const std::vector<Scalar>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct token_counts {
  std::int64_t batch;
  std::int64_t tokens;
};
inline constexpr token_counts various_counts[] = {{1, 1}, {2, 3}, {3, 0}, {0, 3}, {1, 17}, {2, 130}};

/// `forward` and `backward` agree with the reference in every number type.
template <typename Backend, typename Forward, typename Backward>
void check_operation(const Forward& forward, const Backward& backward) {
  CAPTURE(Forward::seed);
  CAPTURE(Backward::seed);
  const auto check_in = [&]<typename Scalar>(Scalar /*type*/) {
    CHECK(agrees_with_reference<Backend, Scalar>(forward_factor, forward));
    CHECK(agrees_with_reference<Backend, Scalar>(gradient_factor, backward));
  };
  check_in(float{});
  check_in(double{});
  check_in(bfloat16{});
  check_in(float16{});
}

}  // namespace headwise::test
