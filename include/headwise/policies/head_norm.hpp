// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"

namespace headwise {

/// Whose gain a normalised feature is multiplied with: one gain [Dim] shared by all heads, one gain [Heads][Dim], or
/// none.
enum class norm_gain { shared, per_head, none };

/// The settings of a head-level GroupNorm (MEA, eq. 12): y = factor * gain * x / sqrt(mean(x^2) + epsilon).
struct norm_settings {
  norm_gain gain = norm_gain::shared;
  /// The mean is taken over groups of neighbouring heads: this many groups, or one for every head. `groups = 1`
  /// normalises the whole concatenation.
  static constexpr int one_per_head = 0;
  int groups = one_per_head;
  /// A constant factor of the result.
  double factor = 1;
  /// Added to the mean square; zero is allowed, and an all-zero group then stays zero.
  double epsilon = 1e-5;

  constexpr int heads_per_group(int heads) const { return groups == one_per_head ? 1 : heads / groups; }
  constexpr int gains(int heads, int dim) const {
    return gain == norm_gain::none ? 0 : gain == norm_gain::shared ? dim : heads * dim;
  }
  /// Where the gains of a head begin among all gains.
  HEADWISE_HOST_DEVICE constexpr int gain_offset(int head, int dim) const {
    return gain == norm_gain::per_head ? head * dim : 0;
  }
  bool operator==(const norm_settings&) const = default;
};

/// 1 / sqrt(mean + epsilon), and 0 for an all-zero group without epsilon, so that its result and gradients stay finite.
template <typename Real>
HEADWISE_HOST_DEVICE Real inverse_root_mean_square(Real sum_of_squares, int count, double epsilon) {
  using std::sqrt;
  const Real shifted = sum_of_squares / Real(count) + Real(epsilon);
  return shifted == Real(0) ? Real(0) : Real(1) / sqrt(shifted);
}

/// No norm at one place.
struct no_norm {
  static constexpr bool normalizes = false;
  static constexpr int gains(int /*heads*/, int /*dim*/) { return 0; }
};

/// A norm with settings, at the place that the policy below names.
template <norm_settings Settings>
struct head_norm {
  static_assert(Settings.groups >= 0,
                "headwise: the groups of a head norm must be positive, or norm_settings::one_per_head");
  static_assert(Settings.epsilon >= 0, "headwise: the epsilon of a head norm must not be negative, give zero or more");
  static constexpr bool normalizes = true;
  static constexpr norm_settings settings = Settings;
  static constexpr int gains(int heads, int dim) { return Settings.gains(heads, dim); }
};

// A copy of the settings, since nvcc cannot write down the name of a type that was first named by a template's
// parameter.

/// MEA's norm: on the H outputs of attention, before the output projection.
template <norm_settings Settings = norm_settings{}>
struct norm_after_attention {
  using slot = output_norm_slot;
  using norm = head_norm<norm_settings{Settings}>;
};

/// On the C component keys and values, after their projection and before rotation, mixing and the cache.
template <norm_settings Settings = norm_settings{}>
struct norm_before_mixing {
  using slot = component_norm_slot;
  using norm = head_norm<norm_settings{Settings}>;
};

/// On the G composite keys and values, after mixing. It does not commute with mixing, so decoding builds the composite
/// heads again.
template <norm_settings Settings = norm_settings{}>
struct norm_after_mixing {
  using slot = composite_norm_slot;
  using norm = head_norm<norm_settings{Settings}>;
};

/// No norm anywhere. The default.
struct no_head_norm {
  using slot = slots<component_norm_slot, composite_norm_slot, output_norm_slot>;
  using norm = no_norm;
};

namespace detail {

template <typename Norm>
consteval bool norm_groups_fit(int heads) {
  if constexpr (Norm::normalizes) {
    // As a variable, since nvcc warns of a division by the constant zero that is never done.
    int groups = Norm::settings.groups;
    return groups == norm_settings::one_per_head || heads % groups == 0;
  } else {
    return true;
  }
}

}  // namespace detail
}  // namespace headwise
