// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace headwise {

/// A real number as a template argument: `soft_cap<30>`, `score_scale<0.125>`. (Plain floating-point template arguments
/// are not available on every supported compiler.)
struct number {
  double value;
  constexpr number(double v) : value(v) {}  // NOLINT(google-explicit-constructor): a number is what it is written as
  constexpr number(int v) : value(v) {}     // NOLINT(google-explicit-constructor)
};

}  // namespace headwise
