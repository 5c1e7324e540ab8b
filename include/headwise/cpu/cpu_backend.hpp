// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/attend.hpp"
#include "headwise/cpu/attend_backward.hpp"
#include "headwise/cpu/attend_components.hpp"
#include "headwise/cpu/mix_heads.hpp"
#include "headwise/cpu/normalize_heads.hpp"
#include "headwise/cpu/project.hpp"
#include "headwise/cpu/rotate.hpp"
#include "headwise/operations/attend_expanded.hpp"
#include "headwise/operations/mixing_cost.hpp"
#include "headwise/reference/reference_backend.hpp"

namespace headwise {

namespace cpu {

/// A number type that this backend computes in.
template <typename T>
concept computed_number = std::same_as<T, float> || std::same_as<T, double> || is_half_precision<T>;

}  // namespace cpu

/// The CPU as a backend, on float, double and numbers of 16 bits, which are summed in float: vectorised on Eigen's
/// packets, parallel with OpenMP where that is on. Results do not depend on the number of threads, bit by bit. Copying
/// and forming mixing matrices are the reference's.
struct cpu_backend : reference_backend {
  template <typename Variant, typename Scalar>
  static constexpr std::size_t forward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                       int threads = 1) {
    return cpu::attend_workspace_bytes<Variant, Scalar>(batch, queries, keys, threads);
  }
  template <typename Variant, typename Scalar>
  static constexpr std::size_t backward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                        int threads = 1) {
    return cpu::attend_backward_workspace_bytes<Variant, Scalar>(batch, queries, keys, threads);
  }

  template <typename X, typename Weight, typename Bias, typename Y>
  static void project(X x, Weight weight, Bias bias, Y y, workspace& scratch) {
    cpu::project(x, weight, bias, y, scratch);
  }
  template <typename YGradient, typename Weight, typename XGradient>
  static void project_backward_input(YGradient y_gradient, Weight weight, XGradient x_gradient, result_write write,
                                     workspace& scratch) {
    cpu::project_backward_input(y_gradient, weight, x_gradient, write, scratch);
  }
  template <typename X, typename YGradient, typename WeightGradient, typename BiasGradient>
  static void project_backward_parameters(X x, YGradient y_gradient, WeightGradient weight_gradient,
                                          BiasGradient bias_gradient, result_write write, workspace& scratch) {
    cpu::project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient, write, scratch);
  }
  template <typename X, typename Weight, typename Y>
  static void mix_heads(X components, Weight weight, Y composites, workspace& scratch) {
    cpu::mix_heads(components, weight, composites, scratch);
  }
  template <typename X, typename Weight, typename YGradient, typename XGradient, typename WeightGradient>
  static void mix_heads_backward(X components, Weight weight, YGradient composite_gradient,
                                 XGradient component_gradient, result_write write, WeightGradient weight_gradient,
                                 workspace& scratch) {
    cpu::mix_heads_backward(components, weight, composite_gradient, component_gradient, write, weight_gradient,
                            scratch);
  }
  template <norm_settings Settings, typename X, typename Gain, typename Y>
  static void normalize_heads(X x, Gain gain, Y y, workspace& scratch) {
    cpu::normalize_heads<Settings>(x, gain, y, scratch);
  }
  template <norm_settings Settings, typename X, typename Gain, typename YGradient, typename XGradient,
            typename GainGradient>
  static void normalize_heads_backward(X x, Gain gain, YGradient y_gradient, XGradient x_gradient,
                                       GainGradient gain_gradient, workspace& scratch) {
    cpu::normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient, scratch);
  }
  template <typename Positions, typename X, typename Starts, typename Y>
  static void rotate(X x, Starts first_positions, Y y, workspace& scratch) {
    cpu::rotate<Positions>(x, first_positions, y, scratch);
  }
  template <typename Positions, typename YGradient, typename Starts, typename XGradient>
  static void rotate_backward(YGradient y_gradient, Starts first_positions, XGradient x_gradient, workspace& scratch) {
    cpu::rotate_backward<Positions>(y_gradient, first_positions, x_gradient, scratch);
  }
  template <typename Variant, cpu::computed_number Scalar>
  static void attend(const attend_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    cpu::attend(arguments, scratch);
  }
  template <typename Variant, cpu::computed_number Scalar>
  static void attend_backward(const attend_backward_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    cpu::attend_backward(arguments, scratch);
  }
  /// In the mode that is named, or the one that the cost model takes for the fastest.
  template <decode_mode Mode = decode_mode::choose, typename Variant, cpu::computed_number Scalar>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    constexpr bool absorbs = Variant::absorbable;
    constexpr bool mixes = Variant::key_mixing::mixes || Variant::value_mixing::mixes;
    static_assert(
        Mode == decode_mode::choose || Mode == decode_mode::expanded || (Mode == decode_mode::absorbed && absorbs),
        "headwise: on the CPU a variant is expanded, or absorbed where no norm stands after mixing, take "
        "decode_mode::expanded");
    headwise::detail::check_attend_components(arguments);
    if constexpr (Mode == decode_mode::absorbed || (Mode == decode_mode::choose && absorbs && mixes)) {
      if (Mode == decode_mode::absorbed || cpu::chosen_decode_mode(arguments) == decode_mode::absorbed)
        return cpu::attend_absorbed(arguments, scratch);
    }
    if constexpr (Mode != decode_mode::absorbed) detail::attend_expanded<cpu_backend>(arguments, scratch);
  }
};

}  // namespace headwise
