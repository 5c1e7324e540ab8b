// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"

namespace headwise {

/// Which two features turn together: i and i + D/2 (half_split), or 2i and 2i + 1 (interleaved).
enum class rotary_pairing { half_split, interleaved };

/// The settings of rotary positions.
struct rotary_settings {
  rotary_pairing pairing = rotary_pairing::half_split;
  double base = 10000;
};

/// Rotary positions: the pair i of a query or key at position p turns by the angle p * base^(-2i/D). Turning acts on
/// features and mixing on heads, so they commute (MEA, eq. 13) and component keys are cached after it.
template <rotary_settings Settings = rotary_settings{}>
struct rotary {
  static_assert(Settings.base > 0, "headwise: the base of rotary must be positive");
  using slot = positions_slot;
  static constexpr bool rotates = true;
  static constexpr rotary_settings settings = Settings;

  /// The angle of pair `pair` per position, in radians.
  HEADWISE_HOST_DEVICE static double frequency(int pair, int dim) { return std::pow(Settings.base, -2.0 * pair / dim); }
  HEADWISE_HOST_DEVICE static constexpr int first_feature(int pair, int /*dim*/) {
    return Settings.pairing == rotary_pairing::half_split ? pair : 2 * pair;
  }
  HEADWISE_HOST_DEVICE static constexpr int second_feature(int pair, int dim) {
    return Settings.pairing == rotary_pairing::half_split ? pair + dim / 2 : 2 * pair + 1;
  }
};

/// No positions. The default.
struct no_positions {
  using slot = positions_slot;
  static constexpr bool rotates = false;
};

}  // namespace headwise
