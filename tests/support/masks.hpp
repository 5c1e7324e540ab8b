// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/core/host_device.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/policies/mask.hpp"
#include "support/chosen_policies.hpp"

namespace headwise::test {

// Masks as users write them.

/// A rule alone, of which no tile can know anything.
struct scattered_keys {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr bool visible(token_pair at) {
    return (at.query * 7 + at.key * 5 + at.head * 3) % 4 != 0;
  }
};

/// A rule inside of a range.
struct every_third_key_so_far {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) { return {0, at.query + 1}; }
  HEADWISE_HOST_DEVICE static constexpr bool visible(token_pair at) { return (at.query - at.key) % 3 == 0; }
};

/// A range that depends on head and sequence, and lies anywhere.
struct band_of_head {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) {
    return {at.query - 3 * at.head - 2, at.query + 2 * at.batch + 5};
  }
};

/// Ranges that begin or end as far away as numbers of 64 bits go; some are empty.
struct far_ranges {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr key_range visible_keys(query_token at) {
    switch (at.index() % 5) {
      case 0:
        return {INT64_MAX, INT64_MAX};
      case 1:
        return {-INT64_MAX, at.query + 1};
      case 2:
        return {2, INT64_MAX};
      case 3:
        return {INT64_MAX, -INT64_MAX};
      default:
        return {-INT64_MAX, -INT64_MAX};
    }
  }
};

/// Data of the call: tokens see those of their own document.
struct same_document {
  using slot = mask_slot;
  const int* document = nullptr;
  std::size_t tokens = 0;

  HEADWISE_HOST_DEVICE bool visible(token_pair at) const {
    return at.query >= 0 && document[at.query] == document[at.key];
  }
  /// The same mask where its data is what `move` makes of it.
  template <typename Move>
  same_document moved(const Move& move) const {
    return {move(std::span<const int>(document, tokens)).data(), tokens};
  }
};

/// The masks without data that backends are tested with: those that are a range, and those with a rule.
using range_masks =
    policy_list<full_mask, causal_mask, causal_mask_top_left, sliding_window<5>, band_of_head, far_ranges>;
using rule_masks = policy_list<scattered_keys, every_third_key_so_far>;

/// Documents of 1, 2, 3, ... tokens.
inline std::vector<int> growing_documents(std::int64_t tokens) {
  std::vector<int> document;
  for (int number = 1; static_cast<std::int64_t>(document.size()) < tokens; ++number)
    document.insert(document.end(), static_cast<std::size_t>(number), number);
  return document;
}

}  // namespace headwise::test
