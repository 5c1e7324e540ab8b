// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/operations/compose_heads.hpp"

namespace headwise {

/// What a layer's forward keeps for its backward; used again from step to step, it allocates only when a batch is
/// larger than all before. Every tensor is contiguous [batch][tokens][heads][features]; one that a variant does not
/// need is empty.
template <any_attention_variant Variant, typename Scalar, typename Memory = host_memory>
struct saved_activations {
  using accumulator = typename Variant::template accumulator<Scalar>;
  using buffer = typename Memory::template buffer<Scalar>;
  using lse_buffer = typename Memory::template buffer<accumulator>;
  static constexpr bool normalizes_components = Variant::component_norm::normalizes;
  static constexpr bool normalizes_output = Variant::output_norm::normalizes;

  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  bool folded = false;     ///< whether mixed heads come from projections that are mixed, not from component heads
  buffer query;            ///< [H][D], rotated
  buffer projected_key;    ///< [C][D], before the norm before mixing
  buffer projected_value;  ///< [C][D_v], before the norm before mixing
  buffer component_key;    ///< [C][D], rotated; none where keys are mixed and that is folded
  buffer component_value;  ///< [C][D_v]; none where values are mixed and that is folded
  buffer mixed_key;        ///< [G][D], before the norm after mixing
  buffer mixed_value;      ///< [G][D_v], before the norm after mixing
  buffer composite_key;    ///< [G][D], where they are not the component keys
  buffer composite_value;  ///< [G][D_v], where they are not the component values
  buffer attended;         ///< [H][D_v], the outputs of attention
  buffer normalized;       ///< [H][D_v], after the norm after attention
  lse_buffer lse;          ///< [batch][H][tokens]

  void resize(std::int64_t new_batch, std::int64_t new_tokens, bool folds = false) {
    // Of no batch at all, should memory end halfway.
    batch = 0;
    tokens = 0;
    const auto size = [&](auto& b, bool needed, std::int64_t features) {
      b.resize(needed ? static_cast<std::size_t>(new_batch * new_tokens * features) : 0);
    };
    constexpr std::int64_t H = Variant::query_heads;
    constexpr std::int64_t G = Variant::composite_heads;
    constexpr std::int64_t C = Variant::component_heads;
    constexpr std::int64_t D = Variant::head_dim;
    constexpr std::int64_t Dv = Variant::value_dim;
    size(query, true, H * D);
    size(projected_key, normalizes_components, C * D);
    size(projected_value, normalizes_components, C * Dv);
    size(component_key, !(folds && Variant::key_mixing::mixes), C * D);
    size(component_value, !(folds && Variant::value_mixing::mixes), C * Dv);
    size(mixed_key, key_composition<Variant>::has_mixed_heads, G * D);
    size(mixed_value, value_composition<Variant>::has_mixed_heads, G * Dv);
    size(composite_key, key_composition<Variant>::changes, G * D);
    size(composite_value, value_composition<Variant>::changes, G * Dv);
    size(attended, true, H * Dv);
    size(normalized, normalizes_output, H * Dv);
    size(lse, true, H);
    batch = new_batch;
    tokens = new_tokens;
    folded = folds;
  }

  /// One of the tensors as a view of `Heads` heads.
  template <int Heads, int Dim>
  head_view<Scalar, Heads, Dim> heads(buffer& b) const {
    return batch_token_head_view<Heads, Dim>(b.data(), batch, tokens);
  }
  template <int Heads, int Dim>
  head_view<const Scalar, Heads, Dim> heads(const buffer& b) const {
    return batch_token_head_view<Heads, Dim>(b.data(), batch, tokens);
  }

  head_scalar_view<accumulator, Variant::query_heads> lse_view(lse_buffer& b) const {
    return batch_head_scalar_view<Variant::query_heads>(b.data(), batch, tokens);
  }
  head_scalar_view<const accumulator, Variant::query_heads> lse_view(const lse_buffer& b) const {
    return batch_head_scalar_view<Variant::query_heads>(b.data(), batch, tokens);
  }
};

}  // namespace headwise
