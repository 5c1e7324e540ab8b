// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/core/result_write.hpp"
#include "headwise/core/stand_in_memory.hpp"
#include "headwise/cuda/append_heads.cuh"
#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_backward.cuh"
#include "headwise/cuda/attend_components.cuh"
#include "headwise/cuda/compose_and_append.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "headwise/cuda/form_mixing.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/normalize_heads_backward.cuh"
#include "headwise/cuda/project.cuh"
#include "headwise/cuda/rotate.cuh"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise {

/// A CUDA device as a backend, in float, double, bfloat16 and float16. Tensors and parameters lie in the device's
/// memory, lengths and positions on the host. Every operation starts its kernels in the stream of the workspace and
/// returns; results do not depend on the device, the layout of tensors or the order of blocks, bit by bit, but for
/// what cuBLAS does in projections.
struct cuda_backend : cuda::composing_operations {
  using memory = cuda_memory;

  /// What a layer's cost model takes a device for.
  static constexpr machine_rates rates = cuda::device_rates;

  /// Bytes of scratch that `attend` takes without lengths, counted. The number of threads is nothing to a device.
  template <typename Variant, typename Scalar>
  static std::size_t forward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                             int /*threads*/ = 1) {
    using v = Variant;
    return workspace::bytes_for([&](workspace& counting) {
      attend(
          attend_arguments<Variant, Scalar>{
              .q = stand_in_heads<Scalar, v::query_heads, v::head_dim>(batch, queries),
              .k = stand_in_heads<Scalar, v::composite_heads, v::head_dim>(batch, keys),
              .v = stand_in_heads<Scalar, v::composite_heads, v::value_dim>(batch, keys),
              .out = stand_in_heads<Scalar, v::query_heads, v::value_dim>(batch, queries),
              .lse = stand_in_scalars<typename v::template accumulator<Scalar>, v::query_heads>(batch, queries)},
          counting);
    });
  }
  /// Bytes of scratch that `attend_backward` takes without lengths, counted.
  template <typename Variant, typename Scalar>
  static std::size_t backward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                              int /*threads*/ = 1) {
    using v = Variant;
    return workspace::bytes_for([&](workspace& counting) {
      attend_backward(
          attend_backward_arguments<Variant, Scalar>{
              .q = stand_in_heads<Scalar, v::query_heads, v::head_dim>(batch, queries),
              .k = stand_in_heads<Scalar, v::composite_heads, v::head_dim>(batch, keys),
              .v = stand_in_heads<Scalar, v::composite_heads, v::value_dim>(batch, keys),
              .out = stand_in_heads<Scalar, v::query_heads, v::value_dim>(batch, queries),
              .lse = stand_in_scalars<typename v::template accumulator<Scalar>, v::query_heads>(batch, queries),
              .out_gradient = stand_in_heads<Scalar, v::query_heads, v::value_dim>(batch, queries),
              .q_gradient = stand_in_heads<Scalar, v::query_heads, v::head_dim>(batch, queries),
              .k_gradient = stand_in_heads<Scalar, v::composite_heads, v::head_dim>(batch, keys),
              .v_gradient = stand_in_heads<Scalar, v::composite_heads, v::value_dim>(batch, keys)},
          counting);
    });
  }

  template <typename X, typename Weight, typename Bias, typename Y>
  static void project(X x, Weight weight, Bias bias, Y y, workspace& scratch) {
    cuda::project(x, weight, bias, y, scratch);
  }
  template <typename YGradient, typename Weight, typename XGradient>
  static void project_backward_input(YGradient y_gradient, Weight weight, XGradient x_gradient, result_write write,
                                     workspace& scratch) {
    cuda::project_backward_input(y_gradient, weight, x_gradient, write, scratch);
  }
  template <typename X, typename YGradient, typename WeightGradient, typename BiasGradient>
  static void project_backward_parameters(X x, YGradient y_gradient, WeightGradient weight_gradient,
                                          BiasGradient bias_gradient, result_write write, workspace& scratch) {
    cuda::project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient, write, scratch);
  }
  template <typename X, typename Weight, typename YGradient, typename XGradient, typename WeightGradient>
  static void mix_heads_backward(X components, Weight weight, YGradient composite_gradient,
                                 XGradient component_gradient, result_write write, WeightGradient weight_gradient,
                                 workspace& scratch) {
    cuda::mix_heads_backward(components, weight, composite_gradient, component_gradient, write, weight_gradient,
                             scratch);
  }
  template <typename Kind, int Components, int Composites, typename Scalar>
  static void form_mixing(const Scalar* parameters, Scalar* weight, workspace& scratch) {
    cuda::form_mixing<Kind, Components, Composites>(parameters, weight, scratch);
  }
  template <typename Kind, int Components, int Composites, typename Scalar>
  static void form_mixing_backward(const Scalar* parameters, const Scalar* weight_gradient, Scalar* parameter_gradient,
                                   workspace& scratch) {
    cuda::form_mixing_backward<Kind, Components, Composites>(parameters, weight_gradient, parameter_gradient, scratch);
  }
  template <norm_settings Settings, typename X, typename Gain, typename YGradient, typename XGradient,
            typename GainGradient>
  static void normalize_heads_backward(X x, Gain gain, YGradient y_gradient, XGradient x_gradient,
                                       GainGradient gain_gradient, workspace& scratch) {
    cuda::normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient, scratch);
  }
  /// With `delta`, <x, x_gradient> of every head and token is written there.
  static constexpr bool norm_yields_delta = true;
  template <norm_settings Settings, typename X, typename Gain, typename YGradient, typename XGradient,
            typename GainGradient, typename Delta>
  static void normalize_heads_backward(X x, Gain gain, YGradient y_gradient, XGradient x_gradient,
                                       GainGradient gain_gradient, workspace& scratch, Delta delta) {
    cuda::normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient, scratch, delta);
  }
  template <typename Positions, typename X, typename Starts, typename Y>
  static void rotate(X x, Starts first_positions, Y y, workspace& scratch) {
    cuda::rotate<Positions>(x, first_positions, y, scratch);
  }
  template <typename Positions, typename YGradient, typename Starts, typename XGradient>
  static void rotate_backward(YGradient y_gradient, Starts first_positions, XGradient x_gradient, workspace& scratch) {
    cuda::rotate_backward<Positions>(y_gradient, first_positions, x_gradient, scratch);
  }
  template <typename X, typename Counts, typename Lengths, typename Slots>
  static void append_heads(X x, Counts counts, Lengths lengths, Slots slots, workspace& scratch) {
    cuda::append_heads(x, counts, lengths, slots, scratch);
  }
  /// Whether the norm after attention can be part of its kernel: it has to take heads one by one.
  template <typename Variant>
  static constexpr bool fuses_norm = [] {
    if constexpr (Variant::output_norm::normalizes)
      return Variant::output_norm::settings.heads_per_group(Variant::query_heads) == 1;
    else
      return false;
  }();
  template <typename Variant, typename Scalar>
  requires(fuses_norm<Variant>) static void attend_normalized(
      const attend_arguments<Variant, Scalar>& arguments, std::span<const Scalar> gain,
      head_view<Scalar, Variant::query_heads, Variant::value_dim> normalized, workspace& scratch) {
    cuda::attend_normalized(arguments, gain, normalized, scratch);
  }
  template <typename Variant, typename Scalar>
  static void attend_backward(const attend_backward_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    cuda::attend_backward(arguments, scratch);
  }
  /// Whether `attend_components` of so many queries builds composite heads in the workspace.
  template <typename Variant, typename Scalar>
  static constexpr bool builds_composite_heads(std::int64_t queries) {
    return cuda::chosen_decode_mode<Variant, Scalar>(queries) == cuda::decode_mode::expanded;
  }
  /// `rotate`, `append_heads` and `mix_heads` in one pass.
  static constexpr bool composes_while_appending = true;
  template <typename Positions, typename X, typename Weight, typename Counts, typename Lengths, typename Slots,
            typename Composites>
  static void compose_and_append(X components, Weight weight, Counts counts, Lengths lengths, Slots slots,
                                 Composites composites, workspace& scratch) {
    cuda::compose_and_append<Positions>(components, weight, counts, lengths, slots, composites, scratch);
  }
  template <decode_mode Mode = decode_mode::choose, typename Variant, typename Scalar>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    cuda::attend_components<Mode>(arguments, scratch);
  }

 private:
  template <typename T, int Heads, int Dim>
  static head_view<T, Heads, Dim> stand_in_heads(std::int64_t batch, std::int64_t tokens) {
    return batch_token_head_view<Heads, Dim>(workspace::stand_in<T>(batch * tokens * Heads * Dim), batch, tokens);
  }
  template <typename T, int Heads>
  static head_scalar_view<T, Heads> stand_in_scalars(std::int64_t batch, std::int64_t tokens) {
    return batch_head_scalar_view<Heads>(workspace::stand_in<T>(batch * tokens * Heads), batch, tokens);
  }
};

}  // namespace headwise
