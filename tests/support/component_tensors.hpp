// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/compose_heads.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"

namespace headwise::test {

/// All tensors of one call of `attend_components`. Outputs start as NaN.
template <typename Variant, typename Scalar>
struct component_tensors {
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

  attend_sizes sizes;
  head_tensor<Scalar, H, D> q;
  head_tensor<Scalar, C, D> k;
  head_tensor<Scalar, C, Dv> v;
  std::vector<Scalar> key_weight{};
  std::vector<Scalar> value_weight{};
  std::vector<Scalar> composite_key_gain{};
  std::vector<Scalar> composite_value_gain{};
  head_tensor<Scalar, H, Dv> out;
  scalar_tensor<accumulator, H> lse;
  typename Variant::mask mask{};
  typename Variant::score_modification score{};

  explicit component_tensors(attend_sizes s, const attend_layouts& layouts = {}, Scalar gap = Scalar(0))
      : sizes(std::move(s)),
        q(sizes.batch, sizes.queries, layouts.q, gap),
        k(sizes.batch, sizes.keys, layouts.k, gap),
        v(sizes.batch, sizes.keys, layouts.v, gap),
        out(sizes.batch, sizes.queries, layouts.out, gap),
        lse(sizes.batch, sizes.queries) {
    set_outputs(std::numeric_limits<Scalar>::quiet_NaN());
  }

  void set_outputs(Scalar value) {
    out.fill(value);
    lse.values.assign(lse.values.size(), value);
  }

  void fill_inputs(std::uint64_t seed) {
    random_numbers random(seed);
    q.fill(random);
    k.fill(random);
    v.fill(random);
    key_weight = mixing_matrix<typename Variant::key_mixing>(random);
    value_weight = mixing_matrix<typename Variant::value_mixing>(random);
    composite_key_gain = random.normals<Scalar>(Variant::composite_key_gains);
    composite_value_gain = random.normals<Scalar>(Variant::composite_value_gains);
  }

  attend_components_arguments<Variant, Scalar> arguments() {
    return {.q = q.view(),
            .k = k.view(),
            .v = v.view(),
            .key_weight = key_weight,
            .value_weight = value_weight,
            .composite_key_gain = composite_key_gain,
            .composite_value_gain = composite_value_gain,
            .out = out.view(),
            .lse = lse.view(),
            .query_lengths = sizes.query_lengths,
            .key_lengths = sizes.key_lengths,
            .mask = mask,
            .score = score};
  }

 private:
  /// A matrix of a kind with random parameters: of low rank where the kind is, with zeros and negative entries.
  template <typename Kind>
  static std::vector<Scalar> mixing_matrix(random_numbers& random) {
    if constexpr (Kind::mixes) {
      std::vector<Scalar> weight(static_cast<std::size_t>(C * G));
      const auto parameters = random.normals<Scalar>(Kind::template parameters<C, G>);
      Kind::template form<C, G>(parameters.data(), weight.data());
      return weight;
    } else {
      return {};
    }
  }
};

template <typename Variant, typename Scalar>
component_tensors<Variant, Scalar> random_component_tensors(const attend_sizes& sizes, std::uint64_t seed,
                                                            const attend_layouts& layouts = {}) {
  component_tensors<Variant, Scalar> tensors(sizes, layouts);
  tensors.fill_inputs(seed);
  return tensors;
}

/// The same call in another number type, contiguous.
template <typename To, typename Variant, typename From>
component_tensors<Variant, To> converted(const component_tensors<Variant, From>& from) {
  component_tensors<Variant, To> to(from.sizes);
  copy_values(from.q, to.q);
  copy_values(from.k, to.k);
  copy_values(from.v, to.v);
  to.key_weight = converted<To>(from.key_weight);
  to.value_weight = converted<To>(from.value_weight);
  to.composite_key_gain = converted<To>(from.composite_key_gain);
  to.composite_value_gain = converted<To>(from.composite_value_gain);
  to.mask = from.mask;
  to.score = from.score;
  return to;
}

/// Whether no result was written where none belongs: between the vectors is still what filled the gaps.
template <typename Variant, typename Scalar>
verdict gaps_hold(Scalar gap, component_tensors<Variant, Scalar> tensors) {
  tensors.set_outputs(gap);
  return bitwise_equal(tensors.out.storage(), std::vector<Scalar>(tensors.out.storage().size(), gap));
}

/// The same call on composite heads, which the reference builds.
template <typename Variant, typename Scalar>
attend_tensors<Variant, Scalar> composed(const component_tensors<Variant, Scalar>& from) {
  attend_tensors<Variant, Scalar> to(from.sizes);
  copy_values(from.q, to.q);
  to.mask = from.mask;
  to.score = from.score;
  const auto compose = [&]<typename Composition>(Composition, const auto& components, const auto& weight,
                                                 const auto& gain, auto& composites) {
    host_workspace scratch;
    if constexpr (Composition::changes) {
      std::vector<Scalar> mixed(composites.storage().size());
      Composition::template forward<reference_backend, Scalar>(components.view(), weight, gain, mixed.data(),
                                                               composites.storage().data(), scratch);
    } else {
      copy_values(components, composites);
    }
  };
  compose(key_composition<Variant>{}, from.k, from.key_weight, from.composite_key_gain, to.k);
  compose(value_composition<Variant>{}, from.v, from.value_weight, from.composite_value_gain, to.v);
  return to;
}

}  // namespace headwise::test
