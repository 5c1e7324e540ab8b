// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/vectorizable_tanh.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace headwise::test {

template <typename Real>
double units_off(Real x) {
  const long double exact = std::tanh(static_cast<long double>(x));
  const long double off = std::fabs(static_cast<long double>(vectorizable_tanh(x)) - exact);
  return static_cast<double>(off / std::fabs(exact) / static_cast<long double>(std::numeric_limits<Real>::epsilon()));
}

TEST_CASE_TEMPLATE("tanh is right to 2 units in the last place, from the smallest numbers to where it is 1", Real,
                   float, double) {
  for (double x = 1e-30; x < 1e3; x *= 1.0007) {
    CAPTURE(x);
    REQUIRE(units_off(static_cast<Real>(x)) < 2);
    REQUIRE(units_off(static_cast<Real>(-x)) < 2);
  }
}

TEST_CASE_TEMPLATE("tanh keeps zeros with their signs, bounds and NaN", Real, float, double) {
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  CHECK(vectorizable_tanh(Real(0)) == Real(0));
  CHECK(!std::signbit(vectorizable_tanh(Real(0))));
  CHECK(std::signbit(vectorizable_tanh(-Real(0))));
  for (const Real far : {Real(20), Real(1e30), std::numeric_limits<Real>::max(), infinity}) {
    CAPTURE(far);
    CHECK(vectorizable_tanh(far) == Real(1));
    CHECK(vectorizable_tanh(-far) == Real(-1));
  }
  CHECK(std::isnan(vectorizable_tanh(std::numeric_limits<Real>::quiet_NaN())));
  CHECK(std::isnan(vectorizable_tanh(-std::numeric_limits<Real>::quiet_NaN())));
}

}  // namespace headwise::test
