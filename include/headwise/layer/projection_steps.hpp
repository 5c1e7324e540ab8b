// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise {

/// The parameters of one projection, or their gradients, as views.
template <typename T>
struct projection_view {
  std::span<T> weight;
  std::span<T> bias;
};

/// The steps of a layer around attention, each with its backward: projections to and from heads, the norm before
/// mixing, rotary positions. Heads are contiguous, [batch][tokens][heads][features].
template <any_attention_variant Variant, typename Scalar, typename Backend>
struct projection_steps {
  using workspace = typename Backend::workspace;
  using norm = typename Variant::component_norm;

  /// Whether the backward of the norm after attention yields <out, out_gradient> of every head and token, which the
  /// backward of attention then need not work out.
  static constexpr bool yields_delta = Variant::output_norm::normalizes && requires {
    requires Backend::norm_yields_delta;
  };
  using delta_view = head_scalar_view<typename Variant::template accumulator<Scalar>, Variant::query_heads>;

  /// Scratch for a number per query head and token of x, where the norm after attention yields it.
  static delta_view take_delta(typename workspace::frame& frame, const token_view<const Scalar>& x) {
    if constexpr (yields_delta) {
      using real = typename Variant::template accumulator<Scalar>;
      return batch_head_scalar_view<Variant::query_heads>(
          frame.template take<real>(x.batch * x.tokens * Variant::query_heads), x.batch, x.tokens);
    } else {
      return {};
    }
  }

  template <typename T, int Heads, int Dim>
  static token_view<T> tokens_of(const head_view<T, Heads, Dim>& heads) {
    return batch_token_view(heads.data, heads.batch, heads.tokens, Heads * Dim);
  }

  template <int Heads, int Dim>
  static void project(token_view<const Scalar> x, projection_view<const Scalar> projection,
                      head_view<Scalar, Heads, Dim> heads, workspace& scratch) {
    Backend::project(x, projection.weight, projection.bias, tokens_of(heads), scratch);
  }

  template <int Heads, int Dim>
  static void project_backward(token_view<const Scalar> x, std::span<const Scalar> weight,
                               head_view<const Scalar, Heads, Dim> heads_gradient, token_view<Scalar> x_gradient,
                               result_write write, projection_view<Scalar> gradient, workspace& scratch) {
    Backend::project_backward_parameters(x, tokens_of(heads_gradient), gradient.weight, gradient.bias,
                                         result_write::add, scratch);
    Backend::project_backward_input(tokens_of(heads_gradient), weight, x_gradient, write, scratch);
  }

  /// Projection, then the norm before mixing; `projected` is used only where there is one.
  template <int Heads, int Dim>
  static void project_components(token_view<const Scalar> x, projection_view<const Scalar> projection,
                                 std::span<const Scalar> gain, head_view<Scalar, Heads, Dim> projected,
                                 head_view<Scalar, Heads, Dim> components, workspace& scratch) {
    if constexpr (norm::normalizes) {
      project(x, projection, projected, scratch);
      Backend::template normalize_heads<norm::settings>(projected, gain, components, scratch);
    } else {
      project(x, projection, components, scratch);
    }
  }

  /// The backward of `project_components`; adds to x_gradient.
  template <int Heads, int Dim>
  static void project_components_backward(token_view<const Scalar> x, std::span<const Scalar> weight,
                                          std::span<const Scalar> gain, head_view<const Scalar, Heads, Dim> projected,
                                          head_view<const Scalar, Heads, Dim> components_gradient,
                                          token_view<Scalar> x_gradient, projection_view<Scalar> gradient,
                                          std::span<Scalar> gain_gradient, workspace& scratch) {
    if constexpr (norm::normalizes) {
      typename workspace::frame frame(scratch);
      const auto projected_gradient = batch_token_head_view<Heads, Dim>(
          frame.template take<Scalar>(x.batch * x.tokens * Heads * Dim), x.batch, x.tokens);
      Backend::template normalize_heads_backward<norm::settings>(projected, gain, components_gradient,
                                                                 projected_gradient, gain_gradient, scratch);
      project_backward<Heads, Dim>(x, weight, projected_gradient, x_gradient, result_write::add, gradient, scratch);
    } else {
      project_backward(x, weight, components_gradient, x_gradient, result_write::add, gradient, scratch);
    }
  }

  /// In place; token n of sequence b stands at first_positions[b] + n, or at n where none are given.
  template <int Heads>
  static void rotate(head_view<Scalar, Heads, Variant::head_dim> heads, std::span<const std::int64_t> first_positions,
                     workspace& scratch) {
    if constexpr (Variant::positions::rotates)
      Backend::template rotate<typename Variant::positions>(heads, first_positions, heads, scratch);
  }

  /// In place.
  template <int Heads>
  static void rotate_backward(head_view<Scalar, Heads, Variant::head_dim> heads, workspace& scratch) {
    if constexpr (Variant::positions::rotates)
      Backend::template rotate_backward<typename Variant::positions>(heads, std::span<const std::int64_t>{}, heads,
                                                                     scratch);
  }

  using output_heads = head_view<Scalar, Variant::query_heads, Variant::value_dim>;

  /// Attention and the norm after it; `normalized` is used only where there is a norm.
  static void attend(const attend_arguments<Variant, Scalar>& arguments, std::span<const Scalar> gain,
                     output_heads normalized, workspace& scratch) {
    if constexpr (requires { Backend::attend_normalized(arguments, gain, normalized, scratch); }) {
      Backend::attend_normalized(arguments, gain, normalized, scratch);
    } else {
      Backend::attend(arguments, scratch);
      normalize_output(arguments.out, gain, normalized, scratch);
    }
  }

  /// The norm after attention, if any.
  static void normalize_output(output_heads attended, std::span<const Scalar> gain, output_heads normalized,
                               workspace& scratch) {
    using output_norm = typename Variant::output_norm;
    if constexpr (output_norm::normalizes)
      Backend::template normalize_heads<output_norm::settings>(attended, gain, normalized, scratch);
  }

  /// The projection back to tokens of what the norm made of attention's outputs, or of these where there is none.
  static void project_output(output_heads attended, output_heads normalized, projection_view<const Scalar> projection,
                             token_view<Scalar> y, workspace& scratch) {
    const output_heads heads = Variant::output_norm::normalizes ? normalized : attended;
    Backend::project(tokens_of(heads), projection.weight, projection.bias, y, scratch);
  }

  /// The backward of `normalize_output` and `project_output`; overwrites attended_gradient, and delta where it is
  /// yielded.
  template <int Heads, int Dim>
  static void project_output_backward(head_view<const Scalar, Heads, Dim> attended, std::span<const Scalar> gain,
                                      head_view<const Scalar, Heads, Dim> normalized, std::span<const Scalar> weight,
                                      token_view<const Scalar> y_gradient,
                                      head_view<Scalar, Heads, Dim> attended_gradient, projection_view<Scalar> gradient,
                                      std::span<Scalar> gain_gradient, delta_view delta, workspace& scratch) {
    using output_norm = typename Variant::output_norm;
    if constexpr (output_norm::normalizes) {
      typename workspace::frame frame(scratch);
      const auto normalized_gradient = batch_token_head_view<Heads, Dim>(
          frame.template take<Scalar>(attended.batch * attended.tokens * Heads * Dim), attended.batch, attended.tokens);
      Backend::project_backward_parameters(tokens_of(normalized), y_gradient, gradient.weight, gradient.bias,
                                           result_write::add, scratch);
      Backend::project_backward_input(y_gradient, weight, tokens_of(normalized_gradient), result_write::overwrite,
                                      scratch);
      if constexpr (yields_delta) {
        Backend::template normalize_heads_backward<output_norm::settings>(
            attended, gain, normalized_gradient, attended_gradient, gain_gradient, scratch, delta);
      } else {
        Backend::template normalize_heads_backward<output_norm::settings>(attended, gain, normalized_gradient,
                                                                          attended_gradient, gain_gradient, scratch);
      }
    } else {
      Backend::project_backward_parameters(tokens_of(attended), y_gradient, gradient.weight, gradient.bias,
                                           result_write::add, scratch);
      Backend::project_backward_input(y_gradient, weight, tokens_of(attended_gradient), result_write::overwrite,
                                      scratch);
    }
  }
};

}  // namespace headwise
