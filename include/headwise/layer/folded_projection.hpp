// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/projection_steps.hpp"

namespace headwise {

/// The projection to keys or values with the mixing folded into it (MEA, eq. 18): it yields mixed heads, and component
/// heads never exist. Its weights are W~[m][g] = sum_c W[c][g] W_components[m][c], its bias likewise. To `mix_heads`,
/// the rows of a projection are tokens.
template <any_attention_variant Variant, typename Scalar, typename Backend, int Dim>
class folded_projection {
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;

  using steps = projection_steps<Variant, Scalar, Backend>;
  using workspace = typename Backend::workspace;
  using frame_type = typename workspace::frame;

 public:
  /// heads[b][n][g] = x[b][n] W~[g] + bias~[g], with `weight` W [C][G].
  static void project(token_view<const Scalar> x, projection_view<const Scalar> components,
                      std::span<const Scalar> weight, head_view<Scalar, G, Dim> heads, workspace& scratch) {
    frame_type frame(scratch);
    steps::project(x, {fold(components.weight, weight, frame, scratch), fold(components.bias, weight, frame, scratch)},
                   heads, scratch);
  }

  /// The backward of `project`: adds to x_gradient, and to the gradients of the projection to component heads and of W.
  static void project_backward(token_view<const Scalar> x, projection_view<const Scalar> components,
                               std::span<const Scalar> weight, head_view<const Scalar, G, Dim> heads_gradient,
                               token_view<Scalar> x_gradient, projection_view<Scalar> components_gradient,
                               std::span<Scalar> weight_gradient, workspace& scratch) {
    {
      frame_type frame(scratch);
      const projection_view<Scalar> gradient{take<G>(rows_of(components.weight), frame),
                                             take<G>(rows_of(components.bias), frame)};
      Backend::project_backward_parameters(x, steps::tokens_of(heads_gradient), gradient.weight, gradient.bias,
                                           result_write::overwrite, scratch);
      unfold(components.weight, weight, gradient.weight, components_gradient.weight, weight_gradient, scratch);
      unfold(components.bias, weight, gradient.bias, components_gradient.bias, weight_gradient, scratch);
    }
    frame_type frame(scratch);
    Backend::project_backward_input(steps::tokens_of(heads_gradient),
                                    std::span<const Scalar>(fold(components.weight, weight, frame, scratch)),
                                    x_gradient, result_write::add, scratch);
  }

 private:
  static std::int64_t rows_of(std::span<const Scalar> components) {
    return static_cast<std::int64_t>(components.size()) / (std::int64_t{C} * Dim);
  }
  template <int Heads, typename T>
  static head_view<T, Heads, Dim> as_heads(std::span<T> numbers) {
    return batch_token_head_view<Heads, Dim>(numbers.data(), 1,
                                             static_cast<std::int64_t>(numbers.size()) / (std::int64_t{Heads} * Dim));
  }
  template <int Heads>
  static std::span<Scalar> take(std::int64_t rows, frame_type& frame) {
    if (rows == 0) return {};
    return {frame.template take<Scalar>(rows * Heads * Dim), static_cast<std::size_t>(rows * Heads * Dim)};
  }

  /// Weights or a bias for mixed heads, in scratch; where there is no bias, none.
  static std::span<Scalar> fold(std::span<const Scalar> components, std::span<const Scalar> weight, frame_type& frame,
                                workspace& scratch) {
    const std::span<Scalar> mixed = take<G>(rows_of(components), frame);
    if (!mixed.empty()) Backend::mix_heads(as_heads<C>(components), weight, as_heads<G>(mixed), scratch);
    return mixed;
  }
  /// The backward of `fold`, from the gradient of what it yields: adds to the other two.
  static void unfold(std::span<const Scalar> components, std::span<const Scalar> weight,
                     std::span<const Scalar> mixed_gradient, std::span<Scalar> components_gradient,
                     std::span<Scalar> weight_gradient, workspace& scratch) {
    if (components.empty()) return;
    Backend::mix_heads_backward(as_heads<C>(components), weight, as_heads<G>(mixed_gradient),
                                as_heads<C>(components_gradient), result_write::add, weight_gradient, scratch);
  }
};

}  // namespace headwise
