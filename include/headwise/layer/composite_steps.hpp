// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/folded_projection.hpp"
#include "headwise/layer/projection_steps.hpp"
#include "headwise/operations/compose_heads.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise {

/// The parameters of one side of a layer, keys or values, or their gradients.
template <typename T>
struct side_parameters {
  projection_view<T> projection;
  std::span<T> component_gain;
  std::span<T> weight;  ///< the mixing matrix [C][G]
  std::span<T> composite_gain;
};

/// The way of the keys (or of the values) of a whole sequence from tokens to composite heads, and back: projection,
/// norm before mixing, rotary positions, mixing, norm after mixing, each where the variant has it. Where the mixing is
/// folded into the projection, positions come behind it.
template <any_attention_variant Variant, typename Scalar, typename Backend, bool Keys>
class composite_steps {
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int Dim = Keys ? Variant::head_dim : Variant::value_dim;

  using steps = projection_steps<Variant, Scalar, Backend>;
  using composition = std::conditional_t<Keys, key_composition<Variant>, value_composition<Variant>>;
  using mixing = std::conditional_t<Keys, typename Variant::key_mixing, typename Variant::value_mixing>;
  using norm = typename Variant::composite_norm;
  using folded = folded_projection<Variant, Scalar, Backend, Dim>;
  using workspace = typename Backend::workspace;
  using frame_type = typename workspace::frame;

  static constexpr bool folds = mixing::mixes && can_be_folded<Variant>;

 public:
  /// This side of a layer's parameters, beside the mixing matrix that they stand for.
  template <typename T, typename Parameters>
  static side_parameters<T> parameters_of(Parameters& p, std::span<T> weight) {
    if constexpr (Keys)
      return {{p.key_projection, p.key_bias}, p.component_key_gain, weight, p.composite_key_gain};
    else
      return {{p.value_projection, p.value_bias}, p.component_value_gain, weight, p.composite_value_gain};
  }

  /// The composite heads of x [batch][tokens][M], which stay in `saved` with all that `backward` needs.
  template <typename Saved>
  static head_view<const Scalar, G, Dim> forward(token_view<const Scalar> x, const side_parameters<const Scalar>& p,
                                                 Saved& saved, workspace& scratch) {
    const auto s = activations_of(saved);
    if constexpr (folds)
      if (saved.folded) {
        const auto mixed = norm::normalizes ? s.mixed : s.composite;
        folded::project(x, p.projection, p.weight, mixed, scratch);
        if constexpr (Keys) steps::rotate(mixed, {}, scratch);
        if constexpr (norm::normalizes)
          Backend::template normalize_heads<norm::settings>(mixed, p.composite_gain, s.composite, scratch);
        return s.composite;
      }
    steps::project_components(x, p.projection, p.component_gain, s.projected, s.component, scratch);
    if constexpr (Keys) steps::rotate(s.component, {}, scratch);
    return composition::template forward<Backend, Scalar>(s.component, p.weight, p.composite_gain, s.mixed.data,
                                                          s.composite.data, scratch);
  }

  /// The composite heads of a forward.
  template <typename Saved>
  static head_view<const Scalar, G, Dim> composites_of(const Saved& saved) {
    const auto s = activations_of(saved);
    if constexpr (composition::changes)
      return s.composite;
    else
      return s.component;
  }

  /// The backward of `forward`: adds to x_gradient and to the gradients `d`. It may use the memory of
  /// `composite_gradient` for something else.
  template <typename Saved>
  static void backward(token_view<const Scalar> x, const side_parameters<const Scalar>& p, const Saved& saved,
                       head_view<Scalar, G, Dim> composite_gradient, token_view<Scalar> x_gradient,
                       const side_parameters<Scalar>& d, workspace& scratch) {
    const auto s = activations_of(saved);
    frame_type frame(scratch);
    if constexpr (folds)
      if (saved.folded) {
        const auto mixed_gradient = norm::normalizes ? take<G>(frame, x.batch, x.tokens) : composite_gradient;
        if constexpr (norm::normalizes)
          Backend::template normalize_heads_backward<norm::settings>(s.mixed, p.composite_gain, composite_gradient,
                                                                     mixed_gradient, d.composite_gain, scratch);
        if constexpr (Keys) steps::rotate_backward(mixed_gradient, scratch);
        folded::project_backward(x, p.projection, p.weight, mixed_gradient, x_gradient, d.projection, d.weight,
                                 scratch);
        return;
      }
    const auto component_gradient = components_gradient(p, s, composite_gradient, d, frame, scratch);
    if constexpr (Keys) steps::rotate_backward(component_gradient, scratch);
    steps::template project_components_backward<C, Dim>(x, p.projection.weight, p.component_gain, s.projected,
                                                        component_gradient, x_gradient, d.projection, d.component_gain,
                                                        scratch);
  }

 private:
  template <typename T>
  struct activations {
    head_view<T, C, Dim> projected;
    head_view<T, C, Dim> component;
    head_view<T, G, Dim> mixed;
    head_view<T, G, Dim> composite;
  };
  template <typename Saved>
  static auto activations_of(Saved& saved) {
    using type = activations<std::conditional_t<std::is_const_v<Saved>, const Scalar, Scalar>>;
    const auto components = [&](auto& buffer) { return saved.template heads<C, Dim>(buffer); };
    const auto composites = [&](auto& buffer) { return saved.template heads<G, Dim>(buffer); };
    if constexpr (Keys)
      return type{components(saved.projected_key), components(saved.component_key), composites(saved.mixed_key),
                  composites(saved.composite_key)};
    else
      return type{components(saved.projected_value), components(saved.component_value), composites(saved.mixed_value),
                  composites(saved.composite_value)};
  }

  template <int Heads>
  static head_view<Scalar, Heads, Dim> take(frame_type& frame, std::int64_t batch, std::int64_t tokens) {
    return batch_token_head_view<Heads, Dim>(frame.template take<Scalar>(batch * tokens * Heads * Dim), batch, tokens);
  }

  /// The gradient of component heads: that of the composite heads where both are the same, and in new scratch
  /// otherwise.
  static head_view<Scalar, C, Dim> components_gradient(const side_parameters<const Scalar>& p,
                                                       const activations<const Scalar>& s,
                                                       head_view<Scalar, G, Dim> composite_gradient,
                                                       const side_parameters<Scalar>& d, frame_type& frame,
                                                       workspace& scratch) {
    if constexpr (composition::changes) {
      const auto gradient = take<C>(frame, s.component.batch, s.component.tokens);
      composition::template backward<Backend, Scalar>(s.component, p.weight, p.composite_gain, s.mixed.data,
                                                      composite_gradient, gradient, d.weight, d.composite_gain,
                                                      scratch);
      return gradient;
    } else {
      return composite_gradient;
    }
  }
};

}  // namespace headwise
