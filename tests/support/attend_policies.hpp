// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/chosen_policies.hpp"
#include "support/conformance.hpp"
#include "support/masks.hpp"
#include "support/random.hpp"
#include "support/scores.hpp"

namespace headwise::test {

// What agreement under every mask and score modification means, for every backend.

/// Attention with three heads of a size and some policies.
template <typename... Policies>
struct three_heads : attention_variant<query_heads<3>, Policies...> {};

/// Calls of every kind of size agree with the reference, with data for a mask or a score modification that takes some.
template <typename Setting>
void check_policies_with_data(std::uint64_t seed) {
  constexpr std::int64_t most_keys = 100;
  typename Setting::variant::mask mask{};
  typename Setting::variant::score_modification score{};
  const std::vector<int> document = growing_documents(150);
  random_numbers random(44);
  const auto bias = random.normals<float>(most_keys * most_keys);
  if constexpr (std::is_same_v<decltype(mask), same_document>) mask = {document.data(), document.size()};
  if constexpr (std::is_same_v<decltype(score), added_bias>) score = {bias.data(), most_keys};
  check_various_sizes<Setting>(seed, mask, score);
}

}  // namespace headwise::test
