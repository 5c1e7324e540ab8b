// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise {

/// The arguments of `attend_components`: attention over component heads as the cache holds them. The composite heads
/// are mixed (and normalised, where the variant asks for it) from them on the way, or never built at all.
template <any_attention_variant Variant, typename Scalar>
struct attend_components_arguments {
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;

  head_view<const Scalar, Variant::query_heads, Variant::head_dim> q;       ///< [batch][queries][H][D]
  head_view<const Scalar, Variant::component_heads, Variant::head_dim> k;   ///< [batch][keys][C][D]
  head_view<const Scalar, Variant::component_heads, Variant::value_dim> v;  ///< [batch][keys][C][D_v]
  std::span<const Scalar> key_weight{};                                     ///< [C][G], empty where keys are not mixed
  std::span<const Scalar> value_weight{};          ///< [C][G], empty where values are not mixed
  std::span<const Scalar> composite_key_gain{};    ///< of the norm after mixing, empty where there is none
  std::span<const Scalar> composite_value_gain{};  ///< of the norm after mixing, empty where there is none
  head_view<Scalar, Variant::query_heads, Variant::value_dim> out;  ///< [batch][queries][H][D_v], overwritten
  head_scalar_view<accumulator, Variant::query_heads> lse{};        ///< [batch][H][queries], or absent
  std::span<const std::int64_t> query_lengths{};                    ///< [batch], or empty: all queries
  std::span<const std::int64_t> key_lengths{};                      ///< [batch], or empty: all keys
  typename Variant::mask mask{};
  typename Variant::score_modification score{};
};

}  // namespace headwise
