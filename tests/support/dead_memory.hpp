// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"

namespace headwise::test {

/// Whether nobody sees this key of a call: what stands there must not matter.
template <typename Tensors>
bool unseen(const Tensors& t, std::int64_t b, std::int64_t key) {
  const std::int64_t queries = headwise::detail::length_of(t.sizes.query_lengths, b, t.sizes.queries);
  const std::int64_t keys = headwise::detail::length_of(t.sizes.key_lengths, b, t.sizes.keys);
  for (std::int64_t n = 0; n < queries; ++n)
    for (int h = 0; h < Tensors::variant::query_heads; ++h) {
      const query_token row = query_at(n, h, b, queries, keys);
      if (headwise::detail::visible_keys_of(t.mask, row).contains(key) &&
          headwise::detail::visible_in_range(t.mask, pair_of(row, key)))
        return false;
    }
  return true;
}

/// Sets the vectors of one token.
template <typename Scalar, int Heads, int Dim>
void set_token(head_tensor<Scalar, Heads, Dim>& tensor, std::int64_t b, std::int64_t n, Scalar value) {
  for (int h = 0; h < Heads; ++h) std::fill_n(tensor.view().row(b, n, h), Dim, value);
}

/// Sets the keys and values that nobody sees and the queries past their sequence's length, of a call whose inputs share
/// no memory.
template <typename Tensors>
void set_dead_memory(Tensors& t, typename Tensors::scalar value) {
  for (std::int64_t b = 0; b < t.sizes.batch; ++b) {
    for (std::int64_t n = 0; n < t.sizes.keys; ++n)
      if (unseen(t, b, n)) {
        set_token(t.k, b, n, value);
        set_token(t.v, b, n, value);
      }
    for (std::int64_t n = headwise::detail::length_of(t.sizes.query_lengths, b, t.sizes.queries); n < t.sizes.queries;
         ++n) {
      set_token(t.q, b, n, value);
      if constexpr (requires { t.out_gradient; }) set_token(t.out_gradient, b, n, value);
    }
  }
}

}  // namespace headwise::test
