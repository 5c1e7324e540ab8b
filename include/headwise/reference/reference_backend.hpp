// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/attend_expanded.hpp"
#include "headwise/operations/mixing_cost.hpp"
#include "headwise/reference/append_heads.hpp"
#include "headwise/reference/attend.hpp"
#include "headwise/reference/mix_heads.hpp"
#include "headwise/reference/normalize_heads.hpp"
#include "headwise/reference/project.hpp"
#include "headwise/reference/rotate.hpp"

namespace headwise {

/// The reference as a backend: plain loops, any floating-point type and those of 16 bits, no dependency. It takes no
/// scratch from a workspace.
struct reference_backend {
  using memory = host_memory;
  using workspace = host_workspace;

  template <typename Variant, typename Scalar>
  static constexpr std::size_t forward_workspace_bytes(std::int64_t /*batch*/, std::int64_t /*queries*/,
                                                       std::int64_t /*keys*/, int /*threads*/ = 1) {
    return 0;
  }
  template <typename Variant, typename Scalar>
  static constexpr std::size_t backward_workspace_bytes(std::int64_t /*batch*/, std::int64_t /*queries*/,
                                                        std::int64_t /*keys*/, int /*threads*/ = 1) {
    return 0;
  }

  template <typename X, typename Weight, typename Bias, typename Y>
  static void project(X x, Weight weight, Bias bias, Y y, workspace& /*scratch*/) {
    reference::project(x, weight, bias, y);
  }
  template <typename YGradient, typename Weight, typename XGradient>
  static void project_backward_input(YGradient y_gradient, Weight weight, XGradient x_gradient, result_write write,
                                     workspace& /*scratch*/) {
    reference::project_backward_input(y_gradient, weight, x_gradient, write);
  }
  template <typename X, typename YGradient, typename WeightGradient, typename BiasGradient>
  static void project_backward_parameters(X x, YGradient y_gradient, WeightGradient weight_gradient,
                                          BiasGradient bias_gradient, result_write write, workspace& /*scratch*/) {
    reference::project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient, write);
  }
  template <typename X, typename Weight, typename Y>
  static void mix_heads(X components, Weight weight, Y composites, workspace& /*scratch*/) {
    reference::mix_heads(components, weight, composites);
  }
  template <typename X, typename Weight, typename YGradient, typename XGradient, typename WeightGradient>
  static void mix_heads_backward(X components, Weight weight, YGradient composite_gradient,
                                 XGradient component_gradient, result_write write, WeightGradient weight_gradient,
                                 workspace& /*scratch*/) {
    reference::mix_heads_backward(components, weight, composite_gradient, component_gradient, write, weight_gradient);
  }
  template <typename Kind, int Components, int Composites, typename Scalar>
  static void form_mixing(const Scalar* parameters, Scalar* weight, workspace& /*scratch*/) {
    Kind::template form<Components, Composites>(parameters, weight);
  }
  template <typename Kind, int Components, int Composites, typename Scalar>
  static void form_mixing_backward(const Scalar* parameters, const Scalar* weight_gradient, Scalar* parameter_gradient,
                                   workspace& /*scratch*/) {
    Kind::template backward<Components, Composites>(parameters, weight_gradient, parameter_gradient);
  }
  template <norm_settings Settings, typename X, typename Gain, typename Y>
  static void normalize_heads(X x, Gain gain, Y y, workspace& /*scratch*/) {
    reference::normalize_heads<Settings>(x, gain, y);
  }
  template <norm_settings Settings, typename X, typename Gain, typename YGradient, typename XGradient,
            typename GainGradient>
  static void normalize_heads_backward(X x, Gain gain, YGradient y_gradient, XGradient x_gradient,
                                       GainGradient gain_gradient, workspace& /*scratch*/) {
    reference::normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient);
  }
  template <typename Positions, typename X, typename Starts, typename Y>
  static void rotate(X x, Starts first_positions, Y y, workspace& /*scratch*/) {
    reference::rotate<Positions>(x, first_positions, y);
  }
  template <typename Positions, typename YGradient, typename Starts, typename XGradient>
  static void rotate_backward(YGradient y_gradient, Starts first_positions, XGradient x_gradient,
                              workspace& /*scratch*/) {
    reference::rotate_backward<Positions>(y_gradient, first_positions, x_gradient);
  }
  template <typename X, typename Counts, typename Lengths, typename Slots>
  static void append_heads(X x, Counts counts, Lengths lengths, Slots slots, workspace& /*scratch*/) {
    reference::append_heads(x, counts, lengths, slots);
  }
  template <typename Variant, typename Scalar>
  static void attend(const attend_arguments<Variant, Scalar>& arguments, workspace& /*scratch*/) {
    reference::attend(arguments);
  }
  template <typename Variant, typename Scalar>
  static void attend_backward(const attend_backward_arguments<Variant, Scalar>& arguments, workspace& /*scratch*/) {
    reference::attend_backward(arguments);
  }
  template <decode_mode Mode = decode_mode::choose, typename Variant, typename Scalar>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    static_assert(Mode == decode_mode::choose || Mode == decode_mode::expanded,
                  "headwise: the reference builds composite heads in every call, take decode_mode::expanded");
    detail::check_attend_components(arguments);
    detail::attend_expanded<reference_backend>(arguments, scratch);
  }
};

}  // namespace headwise
