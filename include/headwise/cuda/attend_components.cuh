// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_few_queries.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/decode_mode.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/normalize_heads.cuh"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/attend_expanded.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cuda {
namespace launches {

/// What building composite heads and attending to them takes of a backend.
struct expanding_backend {
  using workspace = cuda_workspace;

  template <typename X, typename Weight, typename Y>
  static void mix_heads(X components, Weight weight, Y composites, workspace& scratch) {
    cuda::mix_heads(components, weight, composites, scratch);
  }
  template <norm_settings Settings, typename X, typename Gain, typename Y>
  static void normalize_heads(X x, Gain gain, Y y, workspace& scratch) {
    cuda::normalize_heads<Settings>(x, gain, y, scratch);
  }
  template <typename Arguments>
  static void attend(const Arguments& arguments, workspace& scratch) {
    cuda::attend(arguments, scratch);
  }
};

template <typename Variant, typename Scalar>
void attend_absorbed(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  cuda_workspace::frame frame(workspace);
  const decode_parameters<Variant, Scalar, Variant::component_heads> p{
      .q = a.q,
      .k = a.k,
      .v = a.v,
      .key_weight = a.key_weight.data(),
      .value_weight = a.value_weight.data(),
      .query_lengths = device_lengths(a.query_lengths, frame),
      .key_lengths = device_lengths(a.key_lengths, frame),
      .mask = a.mask,
      .score = a.score,
      .out = a.out,
      .lse = a.lse,
      .parts = {},
      .keys_of_part = 0};
  start_decode<true>(p, most_keys(a.key_lengths, a.k.tokens), frame);
}

}  // namespace launches

/// `attend` over component heads, as `attend_components_arguments` describes it, in the way that `Mode` names or that
/// costs least. Numbers of 16 bits are multiplied on tensor cores and summed in float; other ones are expanded.
template <decode_mode Mode = decode_mode::choose, typename Variant, typename Scalar>
void attend_components(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  constexpr bool possible = can_be_absorbed<Variant, Scalar>;
  static_assert(Mode != decode_mode::absorbed || possible,
                "headwise: decode_mode::absorbed needs numbers of 16 bits summed in float, heads of at most 256 "
                "features and no norm after mixing, take decode_mode::expanded");
  headwise::detail::check_attend_components(a);
  if constexpr (possible && Mode != decode_mode::expanded) {
    const bool chosen = chosen_decode_mode<Variant, Scalar>(a.q.tokens) == decode_mode::absorbed;
    if (Mode == decode_mode::absorbed || chosen) return launches::attend_absorbed(a, workspace);
  }
  if constexpr (Mode != decode_mode::absorbed)
    headwise::detail::attend_expanded<launches::expanding_backend>(a, workspace);
}

}  // namespace headwise::cuda
