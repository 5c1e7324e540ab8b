// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

namespace headwise {

/// The places of a variant that a policy can fill. A policy names its place with `using slot = mask_slot;` and so on.
struct query_heads_slot {};
struct composite_heads_slot {};
struct component_heads_slot {};
struct head_dim_slot {};
struct value_dim_slot {};
struct head_map_slot {};
struct key_mixing_slot {};
struct value_mixing_slot {};
struct component_norm_slot {};
struct composite_norm_slot {};
struct output_norm_slot {};
struct positions_slot {};
struct mask_slot {};
struct score_modification_slot {};
struct score_scale_slot {};
struct number_types_slot {};

/// For a policy that fills several places at once: `using slot = slots<key_mixing_slot, value_mixing_slot>;`.
template <typename... Slots>
struct slots {};

namespace detail {

template <typename Slot, typename Known>
inline constexpr bool slot_within = std::is_same_v<Slot, Known>;
template <typename Slot, typename... Known>
inline constexpr bool slot_within<Slot, slots<Known...>> = (std::is_same_v<Slot, Known> || ...);

using all_slots =
    slots<query_heads_slot, composite_heads_slot, component_heads_slot, head_dim_slot, value_dim_slot, head_map_slot,
          key_mixing_slot, value_mixing_slot, component_norm_slot, composite_norm_slot, output_norm_slot,
          positions_slot, mask_slot, score_modification_slot, score_scale_slot, number_types_slot>;

template <typename Slot>
inline constexpr bool known_slot = slot_within<Slot, all_slots>;
template <typename... Slots>
inline constexpr bool known_slot<slots<Slots...>> = (slot_within<Slots, all_slots> && ...);

template <typename Policy>
consteval bool names_known_slot() {
  if constexpr (requires { typename Policy::slot; }) {
    return known_slot<typename Policy::slot>;
  } else {
    return false;
  }
}

template <typename Policy, typename Slot>
inline constexpr bool fills_slot = slot_within<Slot, typename Policy::slot>;

template <typename Slot, typename... Policies>
inline constexpr int policies_in_slot = (0 + ... + int{fills_slot<Policies, Slot>});

template <typename Slot, typename Default, typename... Policies>
struct pick_policy {
  using type = Default;
};
template <typename Slot, typename Default, typename First, typename... Rest>
struct pick_policy<Slot, Default, First, Rest...>
    : std::conditional_t<fills_slot<First, Slot>, std::type_identity<First>, pick_policy<Slot, Default, Rest...>> {};

}  // namespace detail

/// A type that says which place of a variant it fills.
template <typename Policy>
concept any_policy = detail::names_known_slot<Policy>();

}  // namespace headwise
