// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"

namespace headwise {

/// Neighbouring query heads share a composite head: query head i reads composite head i*G/H. The default, and what
/// grouped-query models are trained with.
struct block_head_map {
  using slot = head_map_slot;
  HEADWISE_HOST_DEVICE static constexpr int composite_head(int query_head, int query_heads, int composite_heads) {
    return query_head * composite_heads / query_heads;
  }
};

/// Query head i reads composite head i mod G.
struct cyclic_head_map {
  using slot = head_map_slot;
  HEADWISE_HOST_DEVICE static constexpr int composite_head(int query_head, int /*query_heads*/, int composite_heads) {
    return query_head % composite_heads;
  }
};

namespace detail {

template <typename Map>
concept head_map_rule = requires {
  { Map::composite_head(0, 1, 1) } -> std::same_as<int>;
};

template <typename Map>
consteval bool head_map_in_range(int query_heads, int composite_heads) {
  for (int i = 0; i < query_heads; ++i) {
    const int g = Map::composite_head(i, query_heads, composite_heads);
    if (g < 0 || g >= composite_heads) return false;
  }
  return true;
}

}  // namespace detail
}  // namespace headwise
