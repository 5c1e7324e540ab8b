// SPDX-License-Identifier: Apache-2.0
// Attention over component heads. What the threads of its kernels hold is said in decode_tile.cuh, where mixing is
// absorbed, and in mixed_decode_tile.cuh, where it is done on the fly.
#pragma once

#include <cstdint>

#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_few_queries.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/decode_mode.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/mixed_decode_tile.cuh"
#include "headwise/cuda/normalize_heads.cuh"
#include "headwise/cuda/token_blocks.cuh"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/attend_expanded.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cuda {

/// Attention of a few queries on tensor cores, over composite heads that are mixed tile by tile.
template <typename Body>
HEADWISE_KERNEL(Body::threads(), 1)
decode_by_mixing(HEADWISE_KERNEL_PARAMETER typename Body::parameters p,
                 HEADWISE_KERNEL_PARAMETER decode_alignment aligned) {
  Body(p, aligned).run();
}

/// The operations that attention over component heads is made of where composite heads are built.
struct composing_operations {
  using workspace = cuda_workspace;

  template <typename X, typename Weight, typename Y>
  static void mix_heads(X components, Weight weight, Y composites, workspace& scratch) {
    cuda::mix_heads(components, weight, composites, scratch);
  }
  template <norm_settings Settings, typename X, typename Gain, typename Y>
  static void normalize_heads(X x, Gain gain, Y y, workspace& scratch) {
    cuda::normalize_heads<Settings>(x, gain, y, scratch);
  }
  template <typename Variant, typename Scalar>
  static void attend(const attend_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    cuda::attend(arguments, scratch);
  }
};

namespace launches {

template <typename Variant, typename Scalar>
auto component_parameters(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace::frame& frame) {
  return decode_parameters_of<Variant::component_heads>(a, a.key_weight.data(), a.value_weight.data(), frame);
}

template <typename Variant, typename Scalar>
void attend_absorbed(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  cuda_workspace::frame frame(workspace);
  start_decode<true>(component_parameters(a, frame), headwise::detail::longest_of(a.key_lengths, a.k.tokens), frame);
}

template <typename Variant, typename Scalar>
void attend_mixing_on_the_fly(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  using body = mixed_decode_tile<Variant, Scalar>;
  const int keys_of_part = decode_keys_of_block(Variant::component_heads, Variant::query_heads, a.q.tokens,
                                                Variant::head_dim, Variant::value_dim);
  cuda_workspace::frame frame(workspace);
  decode_in_parts(component_parameters(a, frame), keys_of_part, headwise::detail::longest_of(a.key_lengths, a.k.tokens),
                  frame, [&](const auto& p) {
                    workspace.launch(
                        "mixed_decode", decode_by_mixing<body>,
                        {.blocks = body::blocks(p), .threads = body::threads(), .shared_bytes = body::shared_bytes}, p,
                        alignment_of(p));
                  });
}

}  // namespace launches

/// `attend` over component heads, as `attend_components_arguments` describes it, in the way that `Mode` names or that
/// costs least. Numbers of 16 bits are multiplied on tensor cores and summed in float; other ones are expanded. What is
/// chosen runs on every device from sm_80 on; mixing on the fly by name may take up to 163 KiB of shared memory, which
/// sm_86 and sm_89 do not have: there it throws `headwise::error`.
template <decode_mode Mode = decode_mode::choose, typename Variant, typename Scalar>
void attend_components(const attend_components_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  constexpr bool absorbs = can_be_absorbed<Variant, Scalar>;
  constexpr bool chooses = Mode == decode_mode::choose;
  constexpr bool mixes =
      can_be_mixed_on_the_fly<Variant, Scalar>(chooses ? shared_bytes_everywhere : most_shared_bytes_by_name);
  static_assert(Mode != decode_mode::absorbed || absorbs,
                "headwise: decode_mode::absorbed needs numbers of 16 bits summed in float, heads of at most 256 "
                "features, mixing weights of 64 rows that fit into 99 KiB beside them and no norm after mixing, take "
                "decode_mode::expanded");
  static_assert(Mode != decode_mode::mix_on_the_fly || mixes,
                "headwise: decode_mode::mix_on_the_fly needs numbers of 16 bits summed in float, heads of at most 128 "
                "features, component heads that fit into 163 KiB with 16 keys and no norm after mixing, take "
                "decode_mode::expanded");
  headwise::detail::check_attend_components(a);
  launches::check_tokens(a);
  workspace.require_room([&](cuda_workspace& counting) { attend_components<Mode>(a, counting); });
  const decode_mode mode = chooses ? chosen_decode_mode<Variant, Scalar>(a.q.tokens) : Mode;
  if constexpr (absorbs && (chooses || Mode == decode_mode::absorbed))
    if (mode == decode_mode::absorbed) launches::attend_absorbed(a, workspace);
  if constexpr (mixes && (chooses || Mode == decode_mode::mix_on_the_fly))
    if (mode == decode_mode::mix_on_the_fly) launches::attend_mixing_on_the_fly(a, workspace);
  if constexpr (chooses || Mode == decode_mode::expanded)
    if (mode == decode_mode::expanded) headwise::detail::attend_expanded<composing_operations>(a, workspace);
}

}  // namespace headwise::cuda
