// SPDX-License-Identifier: Apache-2.0
// Merging the parts that the keys of a row were cut into. A block has one row. Every warp works out the largest
// log-sum-exp and the sum of all parts' weights, a lane for every 32nd part; then neighbouring threads have four
// neighbouring features each, as many threads as a row needs, and such teams take the parts in turn.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/warp_sums.cuh"

namespace headwise::cuda {

/// What the merge reads and writes.
template <any_attention_variant Variant, typename Scalar>
struct merge_parameters {
  decode_parts parts;
  head_view<Scalar, Variant::query_heads, Variant::value_dim> out;
  head_scalar_view<float, Variant::query_heads> lse;
};

/// How a block of the merge is cut.
template <int ValueDim>
struct merge_shape {
  static constexpr int width = 4;
  static constexpr int columns = (ValueDim + 15) / 16 * 16;
  static constexpr int team = columns / width;
  static constexpr int threads = std::max(256, (team + warp_size - 1) / warp_size * warp_size);
  static constexpr int teams = threads / team;
  /// Parts whose outputs a thread has on their way at a time.
  static constexpr int ahead = 4;
  static constexpr std::size_t shared_bytes = std::size_t{teams} * columns * sizeof(float);
};

/// The largest log-sum-exp of all parts of a row, and the sum of their weights relative to it.
struct merged_scale {
  float largest;
  float sum;

  /// What the outputs of a part count, before the division by the sum.
  HEADWISE_DEVICE float weight(float lse) const { return lse == nothing<float> ? 0.0F : std::exp(lse - largest); }
};

/// That of `count` parts, worked out by a warp.
HEADWISE_DEVICE merged_scale scale_of_parts(const float* lse, std::int64_t count) {
  merged_scale scale{nothing<float>, 0};
  for (std::int64_t i = lane_index(); i < count; i += warp_size)
    scale.largest = std::fmax(scale.largest, load_global(lse + i));
  scale.largest = largest_of_warp(scale.largest);
  for (std::int64_t i = lane_index(); i < count; i += warp_size) scale.sum += scale.weight(load_global(lse + i));
  scale.sum = sum_over_lanes(scale.sum);
  return scale;
}

/// The weighed outputs of the parts first, first + step, ..., of this thread's features.
template <int Ahead, int Width>
HEADWISE_DEVICE feature_chunk<float, Width> sum_of_parts(const decode_parts& parts, std::int64_t row, int feature,
                                                         std::int64_t first, int step, const merged_scale& scale) {
  feature_chunk<float, Width> sum{};
  for (std::int64_t begin = first; begin < parts.count; begin += Ahead * step) {
    feature_chunk<float, Width> part[std::size_t{Ahead}];
    float weight[std::size_t{Ahead}];
    HEADWISE_UNROLL
    for (int i = 0; i < Ahead; ++i) {
      const std::int64_t index = begin + i * step;
      const std::int64_t place = parts.index(row, index);
      weight[i] = index < parts.count ? scale.weight(load_global(parts.lse + place)) : 0.0F;
      part[i] = {};
      // What is not written is not read.
      if (weight[i] != 0) part[i] = load_chunk<Width, true>(parts.out + place * parts.columns + feature);
    }
    HEADWISE_UNROLL
    for (int i = 0; i < Ahead; ++i) {
      HEADWISE_UNROLL
      for (int d = 0; d < Width; ++d) sum.value[d] += weight[i] * part[i].value[d];
    }
  }
  return sum;
}

/// Merges the parts of every row, always in the same order.
template <typename Variant, typename Scalar>
HEADWISE_KERNEL(merge_shape<Variant::value_dim>::threads, 1)
merge_decode_parts(HEADWISE_KERNEL_PARAMETER merge_parameters<Variant, Scalar> p) {
  using shape = merge_shape<Variant::value_dim>;
  auto* const shared = reinterpret_cast<float*>(shared_memory());
  const std::int64_t row = block_index();
  const merged_scale scale = scale_of_parts(p.parts.lse + p.parts.index(row, 0), p.parts.count);
  const int team = thread_index() / shape::team;
  const int feature = thread_index() % shape::team * shape::width;
  if (team < shape::teams) {
    const auto sum = sum_of_parts<shape::ahead, shape::width>(p.parts, row, feature, team, shape::teams, scale);
    HEADWISE_UNROLL
    for (int d = 0; d < shape::width; ++d)
      store_shared(shared + (team * shape::width + d) * shape::team + feature / shape::width, sum.value[d]);
  }
  sync_block();
  const int head = static_cast<int>(row % Variant::query_heads);
  const std::int64_t token = row / Variant::query_heads;
  const std::int64_t b = token / p.out.tokens;
  const std::int64_t i = token - b * p.out.tokens;
  const bool empty = scale.sum == 0;
  if (thread_index() == 0 && p.lse.data != nullptr)
    store_global(p.lse.row(b, head) + i, empty ? nothing<float> : scale.largest + std::log(scale.sum));
  for (int d = thread_index(); d < Variant::value_dim; d += shape::threads) {
    float sum = 0;
    for (int t = 0; t < shape::teams; ++t)
      sum += load_shared(shared + (t * shape::width + d % shape::width) * shape::team + d / shape::width);
    store_global(p.out.row(b, i, head) + d, static_cast<Scalar>(empty ? 0.0F : sum / scale.sum));
  }
}

/// Starts to merge the parts of all rows.
template <typename Variant, typename Scalar>
void launch_merge_parts(const merge_parameters<Variant, Scalar>& p, cuda_workspace& workspace) {
  using shape = merge_shape<Variant::value_dim>;
  workspace.launch("merge_decode_parts", merge_decode_parts<Variant, Scalar>,
                   {.blocks = p.out.batch * p.out.tokens * Variant::query_heads,
                    .threads = shape::threads,
                    .shared_bytes = shape::shared_bytes},
                   p);
}

}  // namespace headwise::cuda
