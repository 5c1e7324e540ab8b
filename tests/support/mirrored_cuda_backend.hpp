// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cuda/cuda_backend.cuh"
#include "support/device_mirror.hpp"
#include "support/mirrored_cuda_attention.hpp"
#include "support/mirrored_decode_backend.hpp"

namespace headwise::test {

/// The CUDA backend as it looks from the host: tensors in the host's memory, copied to the device for every operation
/// and back. With it all tests of operations run on a device as they are.
struct mirrored_cuda_backend : mirrored_cuda_attention {
  template <typename X, typename Weight, typename Bias, typename Y>
  static void project(X x, Weight weight, Bias bias, Y y, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::project(a..., w); }, x, weight, bias, y);
  }
  template <typename YGradient, typename Weight, typename XGradient>
  static void project_backward_input(YGradient y_gradient, Weight weight, XGradient x_gradient, result_write write,
                                     workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::project_backward_input(a..., w); }, y_gradient, weight,
                 x_gradient, write);
  }
  template <typename X, typename YGradient, typename WeightGradient, typename BiasGradient>
  static void project_backward_parameters(X x, YGradient y_gradient, WeightGradient weight_gradient,
                                          BiasGradient bias_gradient, result_write write, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::project_backward_parameters(a..., w); }, x, y_gradient,
                 weight_gradient, bias_gradient, write);
  }
  template <typename X, typename Weight, typename Y>
  static void mix_heads(X components, Weight weight, Y composites, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::mix_heads(a..., w); }, components, weight, composites);
  }
  template <typename X, typename Weight, typename YGradient, typename XGradient, typename WeightGradient>
  static void mix_heads_backward(X components, Weight weight, YGradient composite_gradient,
                                 XGradient component_gradient, result_write write, WeightGradient weight_gradient,
                                 workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::mix_heads_backward(a..., w); }, components, weight,
                 composite_gradient, component_gradient, write, weight_gradient);
  }
  template <norm_settings Settings, typename X, typename Gain, typename Y>
  static void normalize_heads(X x, Gain gain, Y y, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::normalize_heads<Settings>(a..., w); }, x, gain, y);
  }
  template <norm_settings Settings, typename X, typename Gain, typename YGradient, typename XGradient,
            typename GainGradient>
  static void normalize_heads_backward(X x, Gain gain, YGradient y_gradient, XGradient x_gradient,
                                       GainGradient gain_gradient, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::normalize_heads_backward<Settings>(a..., w); }, x, gain,
                 y_gradient, x_gradient, gain_gradient);
  }
  template <typename Positions, typename X, typename Starts, typename Y>
  static void rotate(X x, Starts first_positions, Y y, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::rotate<Positions>(a..., w); }, x, first_positions, y);
  }
  template <typename Positions, typename YGradient, typename Starts, typename XGradient>
  static void rotate_backward(YGradient y_gradient, Starts first_positions, XGradient x_gradient,
                              workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::rotate_backward<Positions>(a..., w); }, y_gradient,
                 first_positions, x_gradient);
  }
  template <typename X, typename Counts, typename Lengths, typename Slots>
  static void append_heads(X x, Counts counts, Lengths lengths, Slots slots, workspace& /*scratch*/) {
    run_mirrored([](cuda_workspace& w, auto... a) { cuda::append_heads(a..., w); }, x, counts, lengths, slots);
  }
  template <typename Variant, typename Scalar>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& a, workspace& /*scratch*/) {
    mirrored_attend_components(a,
                               [](const auto& there, cuda_workspace& w) { cuda_backend::attend_components(there, w); });
  }
};

}  // namespace headwise::test
