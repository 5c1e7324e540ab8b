// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/policy_slot.hpp"

namespace headwise {

/// H, the number of heads that ask. Required.
template <int Count>
struct query_heads {
  static_assert(Count > 0, "headwise: query_heads must be positive, give at least one");
  using slot = query_heads_slot;
  static constexpr int count = Count;
};

/// G, the number of key/value heads that queries see. Default: as many as query heads.
template <int Count>
struct composite_heads {
  static_assert(Count > 0, "headwise: composite_heads must be positive, give at least one");
  using slot = composite_heads_slot;
  static constexpr int count = Count;
};

/// C, the number of key/value heads that are projected and cached. Default: as many as composite heads. Any C goes with
/// any G where the heads are mixed.
template <int Count>
struct component_heads {
  static_assert(Count > 0, "headwise: component_heads must be positive, give at least one");
  using slot = component_heads_slot;
  static constexpr int count = Count;
};

/// D, the features of one query or key vector. Required.
template <int Features>
struct head_dim {
  static_assert(Features > 0, "headwise: head_dim must be positive, give at least one feature");
  using slot = head_dim_slot;
  static constexpr int count = Features;
};

/// D_v, the features of one value vector. Default: the head size of queries and keys.
template <int Features>
struct value_dim {
  static_assert(Features > 0, "headwise: value_dim must be positive, give at least one feature");
  using slot = value_dim_slot;
  static constexpr int count = Features;
};

}  // namespace headwise
