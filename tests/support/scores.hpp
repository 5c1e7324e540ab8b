// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "headwise/core/policy_slot.hpp"
#include "headwise/core/token_pair.hpp"

namespace headwise::test {

// Score modifications as users write them.

/// Data of the call: a number added to every score, [queries][keys] for all heads and sequences.
struct added_bias {
  using slot = score_modification_slot;
  const float* bias = nullptr;
  std::int64_t row_stride = 0;

  template <typename Real>
  Real modify(Real score, token_pair at) const {
    return score + Real(bias[(at.query - (at.keys - at.queries)) * row_stride + at.key]);
  }
  template <typename Real>
  Real derivative(Real /*score*/, token_pair /*at*/) const {
    return Real(1);
  }
};

/// Scores are bent, each head in its own way, worked out once for a head.
struct bent_by_head {
  using slot = score_modification_slot;

  struct head_rule {
    double bend;
    template <typename Real>
    Real modify(Real score, token_pair /*at*/) const {
      using std::sin;
      return score + Real(bend) * sin(score);
    }
    template <typename Real>
    Real derivative(Real score, token_pair /*at*/) const {
      using std::cos;
      return Real(1) + Real(bend) * cos(score);
    }
  };

  static head_rule for_head(int head, int query_heads) { return {0.9 * (head + 1) / query_heads}; }
};

}  // namespace headwise::test
