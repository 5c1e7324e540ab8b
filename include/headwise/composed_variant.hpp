// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_device.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/number_types.hpp"

namespace headwise {
namespace detail {

struct variant_tag {};

}  // namespace detail

/// The canonical form of a variant: what `attention_variant` yields. Its members are the facts of the variant, all of
/// them constant expressions.
template <int QueryHeads, int CompositeHeads, int ComponentHeads, int HeadDim, int ValueDim, typename HeadMap,
          typename KeyMixing, typename ValueMixing, typename ComponentNorm, typename CompositeNorm, typename OutputNorm,
          typename Positions, typename Mask, typename ScoreModification, typename Scale, typename Numbers>
struct composed_variant : detail::variant_tag {
  static constexpr int query_heads = QueryHeads;
  static constexpr int composite_heads = CompositeHeads;
  static constexpr int component_heads = ComponentHeads;
  static constexpr int head_dim = HeadDim;
  static constexpr int value_dim = ValueDim;

  using head_map = HeadMap;
  using key_mixing = KeyMixing;
  using value_mixing = ValueMixing;
  using component_norm = ComponentNorm;
  using composite_norm = CompositeNorm;
  using output_norm = OutputNorm;
  using positions = Positions;
  using mask = Mask;
  using score_modification = ScoreModification;
  using storage = typename Numbers::storage;

  /// The type that sums are taken in, for tensors of `Scalar`.
  template <typename Scalar>
  using accumulator = detail::wider_of<Scalar, typename Numbers::accumulator>;

  /// The factor of <q, k>.
  static constexpr double scale = Scale::factor(HeadDim);

  /// The composite head that a query head reads.
  HEADWISE_HOST_DEVICE static constexpr int composite_head(int query_head) {
    return HeadMap::composite_head(query_head, QueryHeads, CompositeHeads);
  }

  /// Parameters of the key mixing, the value mixing, and of both.
  static constexpr int key_mixing_parameters = KeyMixing::template parameters<ComponentHeads, CompositeHeads>;
  static constexpr int value_mixing_parameters = ValueMixing::template parameters<ComponentHeads, CompositeHeads>;

  /// Gains of the norms at their three places.
  static constexpr int component_key_gains = ComponentNorm::gains(ComponentHeads, HeadDim);
  static constexpr int component_value_gains = ComponentNorm::gains(ComponentHeads, ValueDim);
  static constexpr int composite_key_gains = CompositeNorm::gains(CompositeHeads, HeadDim);
  static constexpr int composite_value_gains = CompositeNorm::gains(CompositeHeads, ValueDim);
  static constexpr int output_gains = OutputNorm::gains(QueryHeads, ValueDim);

  /// Parameters of the variant itself: mixing and gains.
  static constexpr int variant_parameters = key_mixing_parameters + value_mixing_parameters + component_key_gains +
                                            component_value_gains + composite_key_gains + composite_value_gains +
                                            output_gains;

  /// Parameters of a whole layer: projections (with biases, if wanted), mixing and gains.
  static constexpr std::int64_t parameters(std::int64_t d_model, bool bias = false) {
    const std::int64_t projected = projected_features;
    const std::int64_t attended = std::int64_t{QueryHeads} * ValueDim;
    return (projected + attended) * d_model + (bias ? projected + d_model : 0) + variant_parameters;
  }

  /// Bytes of the key/value cache per token and layer; it holds component heads only.
  template <typename Scalar>
  static constexpr std::size_t kv_cache_bytes_per_token = std::size_t{ComponentHeads} * (HeadDim + ValueDim) *
                                                          sizeof(Scalar);

  /// Pairs of one head and sequence that a query row visits: the sizes of the mask's key ranges, summed over queries.
  static constexpr std::int64_t visited_pairs(std::int64_t queries, std::int64_t keys) {
    std::int64_t pairs = 0;
    for (std::int64_t i = 0; i < queries; ++i)
      pairs += detail::visible_keys_of(Mask{}, query_at(i, 0, 0, queries, keys)).size();
    return pairs;
  }

  /// Floating-point operations (a multiply-add counts as two) of mixing the keys and values of one token.
  static constexpr std::int64_t mixing_flops_per_token =
      std::int64_t{2} * ComponentHeads * CompositeHeads *
      ((KeyMixing::mixes ? HeadDim : 0) + (ValueMixing::mixes ? ValueDim : 0));

  /// Floating-point operations of mixing and attention, forward, without projections. Products only: exponentials,
  /// norms and rotations are not counted.
  static constexpr std::int64_t forward_flops(std::int64_t batch, std::int64_t queries, std::int64_t keys) {
    return batch * (keys * mixing_flops_per_token +
                    std::int64_t{2} * QueryHeads * (HeadDim + ValueDim) * visited_pairs(queries, keys));
  }

  /// Floating-point operations of the backward pass with recomputed scores: three products over keys features and two
  /// over value features instead of one each, and twice the mixing.
  static constexpr std::int64_t backward_flops(std::int64_t batch, std::int64_t queries, std::int64_t keys) {
    return batch * (2 * keys * mixing_flops_per_token +
                    std::int64_t{2} * QueryHeads * (3 * HeadDim + 2 * ValueDim) * visited_pairs(queries, keys));
  }

  /// Whether attention can read component heads directly, with the mixing absorbed into queries and outputs.
  static constexpr bool absorbable = !CompositeNorm::normalizes;

  /// Floating-point operations of one decoding step over `keys` cached tokens: with mixing, the cheaper of absorbing it
  /// and of building the composite heads.
  static constexpr std::int64_t decode_flops(std::int64_t batch, std::int64_t keys) {
    const std::int64_t expanded = forward_flops(batch, 1, keys);
    const std::int64_t absorbed =
        batch * 2 * QueryHeads *
        ((KeyMixing::mixes ? ComponentHeads : 1) * HeadDim + (ValueMixing::mixes ? ComponentHeads : 1) * ValueDim) *
        visited_pairs(1, keys);
    return absorbable && absorbed < expanded ? absorbed : expanded;
  }

  /// Bytes of scratch that `attend` and `attend_backward` of a backend take from a workspace with this many threads.
  template <typename Backend, typename Scalar>
  static constexpr std::size_t forward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                       int threads = 1) {
    return Backend::template forward_workspace_bytes<composed_variant, Scalar>(batch, queries, keys, threads);
  }
  template <typename Backend, typename Scalar>
  static constexpr std::size_t backward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                        int threads = 1) {
    return Backend::template backward_workspace_bytes<composed_variant, Scalar>(batch, queries, keys, threads);
  }

 private:
  static constexpr std::int64_t projected_features =
      std::int64_t{QueryHeads} * HeadDim + std::int64_t{ComponentHeads} * (HeadDim + ValueDim);
};

/// An attention variant, by its canonical type or by a struct derived from it.
template <typename Variant>
concept any_attention_variant = std::is_base_of_v<detail::variant_tag, Variant>;

}  // namespace headwise
