// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"

namespace headwise {

/// The way from component to composite heads of one tensor, keys or values: mixing, then the norm after mixing, each
/// only where the variant has it.
template <typename Mixing, typename Norm, int Components, int Composites, int Dim>
struct head_composition {
  /// Whether composite heads are anything but the component heads themselves.
  static constexpr bool changes = Mixing::mixes || Norm::normalizes;
  /// Whether there is a step between: mixed heads that are not normalised yet.
  static constexpr bool has_mixed_heads = Mixing::mixes && Norm::normalizes;

  /// The composite heads [batch][tokens][G][Dim]: `components` itself, or the contiguous buffer `composite` filled from
  /// it, by way of the contiguous buffer `mixed` (each null where it is not needed).
  template <typename Backend, typename Scalar>
  static head_view<const Scalar, Composites, Dim> forward(const head_view<const Scalar, Components, Dim>& components,
                                                          std::span<const Scalar> weight, std::span<const Scalar> gain,
                                                          Scalar* mixed, Scalar* composite,
                                                          typename Backend::workspace& workspace) {
    if constexpr (!changes) {
      return components;
    } else {
      const auto out = batch_token_head_view<Composites, Dim>(composite, components.batch, components.tokens);
      if constexpr (!Norm::normalizes) {
        Backend::mix_heads(components, weight, out, workspace);
      } else if constexpr (!Mixing::mixes) {
        Backend::template normalize_heads<Norm::settings>(components, gain, out, workspace);
      } else {
        const auto between = batch_token_head_view<Composites, Dim>(mixed, components.batch, components.tokens);
        Backend::mix_heads(components, weight, between, workspace);
        Backend::template normalize_heads<Norm::settings>(between, gain, out, workspace);
      }
      return out;
    }
  }

  /// The backward of `forward`: component_gradient is overwritten, the gradients of weight and gain are added to. Where
  /// nothing changes it must not be called: the gradient of the composite heads is that of the component heads.
  template <typename Backend, typename Scalar>
  static void backward(const head_view<const Scalar, Components, Dim>& components, std::span<const Scalar> weight,
                       std::span<const Scalar> gain, const Scalar* mixed,
                       const head_view<const Scalar, Composites, Dim>& composite_gradient,
                       const head_view<Scalar, Components, Dim>& component_gradient, std::span<Scalar> weight_gradient,
                       std::span<Scalar> gain_gradient, typename Backend::workspace& workspace) {
    static_assert(changes);
    if constexpr (!Norm::normalizes) {
      Backend::mix_heads_backward(components, weight, composite_gradient, component_gradient, result_write::overwrite,
                                  weight_gradient, workspace);
    } else if constexpr (!Mixing::mixes) {
      Backend::template normalize_heads_backward<Norm::settings>(components, gain, composite_gradient,
                                                                 component_gradient, gain_gradient, workspace);
    } else {
      typename Backend::workspace::frame frame(workspace);
      const std::int64_t batch = components.batch;
      const std::int64_t tokens = components.tokens;
      const auto between = batch_token_head_view<Composites, Dim>(mixed, batch, tokens);
      const auto between_gradient = batch_token_head_view<Composites, Dim>(
          frame.template take<Scalar>(batch * tokens * Composites * Dim), batch, tokens);
      Backend::template normalize_heads_backward<Norm::settings>(between, gain, composite_gradient, between_gradient,
                                                                 gain_gradient, workspace);
      Backend::mix_heads_backward(components, weight, between_gradient, component_gradient, result_write::overwrite,
                                  weight_gradient, workspace);
    }
  }
};

/// How a variant composes its keys.
template <typename Variant>
using key_composition = head_composition<typename Variant::key_mixing, typename Variant::composite_norm,
                                         Variant::component_heads, Variant::composite_heads, Variant::head_dim>;
/// How a variant composes its values.
template <typename Variant>
using value_composition = head_composition<typename Variant::value_mixing, typename Variant::composite_norm,
                                           Variant::component_heads, Variant::composite_heads, Variant::value_dim>;

}  // namespace headwise
