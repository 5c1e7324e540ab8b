// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include "headwise/core/host_device.hpp"
#include "headwise/core/number.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/core/vectorizable_tanh.hpp"

namespace headwise {

// A score modification has
//   Real modify(Real score, token_pair at) const      the new score; `score` is scale * <q, k>
//   Real derivative(Real score, token_pair at) const  d modify / d score
// as templates over Real, and may have
//   Rule for_head(int head, int query_heads) const    what is worth computing once for a head; `Rule` then has the two
//                                                     functions above.
//   static constexpr bool takes_any_pair = true       the two functions may be asked about queries and keys behind the
//                                                     last ones, which costs tiles less than not to ask. Others are
//                                                     asked about pairs that exist, and no others.
// Masking comes after it, softmax after that.

/// Scores stay as they are. The default.
struct no_score_modification {
  using slot = score_modification_slot;
  static constexpr bool modifies = false;
};

/// Scores are bounded smoothly: cap * tanh(score / cap).
template <number Cap>
struct soft_cap {
  static_assert(Cap.value > 0, "headwise: the cap of soft_cap must be positive");
  using slot = score_modification_slot;
  static constexpr bool takes_any_pair = true;

  template <typename Real>
  HEADWISE_HOST_DEVICE static Real modify(Real score, token_pair /*at*/) {
    return Real(Cap.value) * vectorizable_tanh(score * Real(1 / Cap.value));
  }
  template <typename Real>
  HEADWISE_HOST_DEVICE static Real derivative(Real score, token_pair /*at*/) {
    const Real bounded = vectorizable_tanh(score * Real(1 / Cap.value));
    return Real(1) - bounded * bounded;
  }
};

/// Linear biases: score - slope * (distance from query back to key), with the slope of head i = 2^(-8 (i + 1) / H)
/// where H is a power of two; otherwise the first heads take the slopes of the next lower power of two, and the others
/// every second slope of the next higher one.
struct alibi {
  using slot = score_modification_slot;
  static constexpr bool takes_any_pair = true;

  /// The rule of one head, with its slope.
  struct head_rule {
    double slope;

    template <typename Real>
    HEADWISE_HOST_DEVICE Real modify(Real score, token_pair at) const {
      return score - Real(slope) * Real(at.query - at.key);
    }
    template <typename Real>
    HEADWISE_HOST_DEVICE Real derivative(Real /*score*/, token_pair /*at*/) const {
      return Real(1);
    }
  };

  HEADWISE_HOST_DEVICE static double slope(int head, int query_heads) {
    int power = 1;
    while (2 * power <= query_heads) power *= 2;
    if (head < power) return std::exp2(-8.0 * (head + 1) / power);
    return std::exp2(-4.0 * (2 * (head - power) + 1) / power);
  }
  HEADWISE_HOST_DEVICE static head_rule for_head(int head, int query_heads) { return {slope(head, query_heads)}; }
};

/// The factor of <q, k>. Default: 1 / sqrt(head_dim).
template <number Factor>
struct score_scale {
  using slot = score_scale_slot;
  static constexpr double factor(int /*head_dim*/) { return Factor.value; }
};

/// 1 / sqrt(head_dim), the default.
struct inverse_root_scale {
  using slot = score_scale_slot;
  /// Newton's iteration, for std::sqrt is no constant expression; it has converged when it no longer falls.
  static constexpr double factor(int head_dim) {
    double root = head_dim > 1 ? head_dim : 1;
    for (double next = (root + head_dim / root) / 2; next < root; next = (root + head_dim / root) / 2) root = next;
    return 1 / root;
  }
};

namespace detail {

template <typename Rule>
inline constexpr bool modifies_scores = true;
template <>
inline constexpr bool modifies_scores<no_score_modification> = false;

/// Whether a modification may be asked about pairs that do not exist.
template <typename Modification>
inline constexpr bool takes_any_pair = requires {
  requires Modification::takes_any_pair;
};

/// The rule of one head: what `for_head` gives, or the policy itself.
template <typename Rule>
HEADWISE_HOST_DEVICE constexpr auto score_rule_of_head(const Rule& rule, int head, int query_heads) {
  if constexpr (requires { rule.for_head(head, query_heads); }) {
    return rule.for_head(head, query_heads);
  } else {
    return rule;
  }
}

template <typename Rule>
concept score_rule = std::same_as<Rule, no_score_modification> || requires(const Rule& rule, token_pair at) {
  { score_rule_of_head(rule, 0, 1).modify(1.0, at) } -> std::convertible_to<double>;
  { score_rule_of_head(rule, 0, 1).derivative(1.0, at) } -> std::convertible_to<double>;
};

}  // namespace detail
}  // namespace headwise
