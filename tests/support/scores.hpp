// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/policies/score.hpp"
#include "support/chosen_policies.hpp"

namespace headwise::test {

// Score modifications as users write them.

/// Data of the call: a number added to every score, a square of [queries][keys] for all heads and sequences.
struct added_bias {
  using slot = score_modification_slot;
  const float* bias = nullptr;
  std::int64_t tokens = 0;

  template <typename Real>
  HEADWISE_HOST_DEVICE Real modify(Real score, token_pair at) const {
    return score + Real(bias[(at.query - (at.keys - at.queries)) * tokens + at.key]);
  }
  template <typename Real>
  HEADWISE_HOST_DEVICE Real derivative(Real /*score*/, token_pair /*at*/) const {
    return Real(1);
  }
  /// The same modification where its data is what `move` makes of it.
  template <typename Move>
  added_bias moved(const Move& move) const {
    return {move(std::span<const float>(bias, static_cast<std::size_t>(tokens * tokens))).data(), tokens};
  }
};

/// Scores are bent, each head in its own way, worked out once for a head.
struct bent_by_head {
  using slot = score_modification_slot;

  struct head_rule {
    double bend;
    template <typename Real>
    HEADWISE_HOST_DEVICE Real modify(Real score, token_pair /*at*/) const {
      using std::sin;
      return score + Real(bend) * sin(score);
    }
    template <typename Real>
    HEADWISE_HOST_DEVICE Real derivative(Real score, token_pair /*at*/) const {
      using std::cos;
      return Real(1) + Real(bend) * cos(score);
    }
  };

  HEADWISE_HOST_DEVICE static head_rule for_head(int head, int query_heads) { return {0.9 * (head + 1) / query_heads}; }
};

/// The score modifications without data that backends are tested with.
using score_modifications = policy_list<soft_cap<3>, alibi, bent_by_head>;

}  // namespace headwise::test
