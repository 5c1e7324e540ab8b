// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/composed_variant.hpp"
#include "headwise/core/error.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"

namespace headwise {

/// The key/value cache of one layer for a batch of sequences of their own lengths. It holds component heads only: keys
/// [batch][C][capacity][D] after rotation, values [batch][C][capacity][D_v]: decoding reads a head's from one end to
/// the other.
template <any_attention_variant Variant, typename Scalar = typename Variant::storage, typename Memory = host_memory>
class kv_cache {
 public:
  using key_view = head_view<Scalar, Variant::component_heads, Variant::head_dim>;
  using value_view = head_view<Scalar, Variant::component_heads, Variant::value_dim>;

  /// An empty cache for `batch` sequences of up to `capacity` tokens.
  kv_cache(std::int64_t batch, std::int64_t capacity) : batch_(batch), capacity_(capacity) {
    detail::require(batch >= 0, "batch", batch, "zero or more");
    detail::require(capacity >= 0, "capacity", capacity, "zero or more");
    const std::int64_t slots = batch * capacity * Variant::component_heads;
    keys_.resize(static_cast<std::size_t>(slots * Variant::head_dim));
    values_.resize(static_cast<std::size_t>(slots * Variant::value_dim));
    lengths_.assign(static_cast<std::size_t>(batch), 0);
  }

  std::int64_t batch() const { return batch_; }
  std::int64_t capacity() const { return capacity_; }

  /// The number of cached tokens of every sequence, [batch].
  std::span<const std::int64_t> lengths() const { return lengths_; }

  /// All slots, the ones past a sequence's length included.
  key_view keys() {
    return batch_head_token_view<Variant::component_heads, Variant::head_dim>(keys_.data(), batch_, capacity_);
  }
  value_view values() {
    return batch_head_token_view<Variant::component_heads, Variant::value_dim>(values_.data(), batch_, capacity_);
  }

  /// Throws `headwise::error` unless `tokens` more fit behind every sequence (`counts[b]` more, where counts are
  /// given).
  void require_room(std::int64_t tokens, std::span<const std::int64_t> counts) const {
    for (std::int64_t b = 0; b < batch_; ++b) {
      const auto i = static_cast<std::size_t>(b);
      const std::int64_t needed = lengths_[i] + (counts.empty() ? tokens : counts[i]);
      detail::require(needed <= capacity_, "cache", detail::words("of capacity ", capacity_),
                      detail::words("room for ", needed, " tokens of sequence ", b));
    }
  }

  /// Makes the next `tokens` (or `counts[b]`) slots of every sequence part of it, once they are written.
  void extend(std::int64_t tokens, std::span<const std::int64_t> counts) {
    require_room(tokens, counts);
    for (std::size_t i = 0; i < lengths_.size(); ++i) lengths_[i] += counts.empty() ? tokens : counts[i];
  }

  /// The next slots of every sequence as part of it, for as long as this lives.
  class preview {
   public:
    preview(kv_cache& cache, std::int64_t tokens, std::span<const std::int64_t> counts)
        : cache_(cache), tokens_(tokens), counts_(counts) {
      cache.extend(tokens, counts);
    }
    preview(const preview&) = delete;
    preview& operator=(const preview&) = delete;
    ~preview() {
      for (std::size_t i = 0; i < cache_.lengths_.size(); ++i)
        cache_.lengths_[i] -= counts_.empty() ? tokens_ : counts_[i];
    }

   private:
    kv_cache& cache_;
    std::int64_t tokens_;
    std::span<const std::int64_t> counts_;
  };

  /// Forgets all but the first `length` tokens of sequence `b`.
  void truncate(std::int64_t b, std::int64_t length) {
    detail::require(0 <= b && b < batch_, "b", b, "a sequence of the batch");
    auto& current = lengths_[static_cast<std::size_t>(b)];
    detail::require(0 <= length && length <= current, "length", length, detail::words("from 0 to ", current));
    current = length;
  }

  /// Forgets everything.
  void clear() { lengths_.assign(lengths_.size(), 0); }

 private:
  std::int64_t batch_;
  std::int64_t capacity_;
  typename Memory::template cache_buffer<Scalar> keys_;
  typename Memory::template cache_buffer<Scalar> values_;
  std::vector<std::int64_t> lengths_;
};

}  // namespace headwise
