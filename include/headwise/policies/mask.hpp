// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/core/token_pair.hpp"

namespace headwise {

// A mask policy has one or both of
//   bool visible(token_pair at) const            may this query see this key?
//   key_range visible_keys(query_token at) const the range outside of which this query sees nothing
// A mask with a range alone sees all of it. Ranges let whole tiles be skipped, so give one where there is one. Both may
// be static; a mask with data (document numbers, say) is passed by value with a call's arguments.

/// Every query sees every key. The default.
struct full_mask {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) { return {0, at.keys}; }
};

/// A query sees itself and what precedes it, aligned bottom-right: the last query sees all keys.
struct causal_mask {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) { return {0, at.query + 1}; }
};

/// Causal, aligned top-left: the first query sees the first key alone, whatever the lengths.
struct causal_mask_top_left {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) { return {0, at.index() + 1}; }
};

/// Causal, and no more than the last `Window` keys, the query's own position included.
template <int Window>
struct sliding_window {
  static_assert(Window > 0, "headwise: the window of sliding_window must be positive, give at least one key");
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) {
    return {at.query - Window + 1, at.query + 1};
  }
};

namespace detail {

template <typename Mask>
inline constexpr bool has_visible = requires(const Mask& mask, token_pair at) {
  { mask.visible(at) } -> std::same_as<bool>;
};

template <typename Mask>
inline constexpr bool has_visible_keys = requires(const Mask& mask, query_token at) {
  { mask.visible_keys(at) } -> std::same_as<key_range>;
};

template <typename Mask>
concept mask_rule = has_visible<Mask> || has_visible_keys<Mask>;

/// Whether the range of `visible_keys_of` is all there is to the mask.
template <typename Mask>
inline constexpr bool sees_whole_range = !has_visible<Mask>;

/// The existing keys outside of which this query sees nothing; empty ranges come back as such.
template <typename Mask>
HEADWISE_HOST_DEVICE constexpr key_range visible_keys_of(const Mask& mask, query_token at) {
  if constexpr (has_visible_keys<Mask>) {
    return intersection(mask.visible_keys(at), {0, at.keys});
  } else {
    return {0, at.keys};
  }
}

/// Whether a query sees a key inside its range.
template <typename Mask>
HEADWISE_HOST_DEVICE constexpr bool visible_in_range(const Mask& mask, token_pair at) {
  if constexpr (has_visible<Mask>) {
    return mask.visible(at);
  } else {
    return true;
  }
}

}  // namespace detail
}  // namespace headwise
