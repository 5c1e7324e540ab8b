// SPDX-License-Identifier: Apache-2.0
// The gradient of mixing weights. Blocks have a slice of tokens, a warp a tile of the matrix, whose sums every lane
// keeps in registers over features of its own; in the end lanes add theirs up. A second kernel adds the sums of all
// slices in their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/partial_sums.cuh"
#include "headwise/cuda/warp_sums.cuh"

namespace headwise::cuda {

/// How the gradient of mixing weights is summed: a warp owns a tile of the matrix over a slice of tokens, a lane some
/// features of one token at a time. Warps that are left over share the chunks of a tile; tiles that are left over have
/// blocks of their own.
template <typename T, int Components, int Composites, int Dim>
struct weight_gradient_shape {
  static constexpr int threads = 256;
  static constexpr int warps = threads / warp_size;
  static constexpr int most = 32 / static_cast<int>(sizeof(sum_type<T>));
  static constexpr int tiles_of(int heads) { return (heads + most - 1) / most; }
  static constexpr int side_of(int heads) { return (heads + tiles_of(heads) - 1) / tiles_of(heads); }
  /// A tile of the matrix.
  static constexpr int rows = side_of(Components);
  static constexpr int columns = side_of(Composites);
  static constexpr int tiles_across = tiles_of(Composites);
  static constexpr int tiles = tiles_of(Components) * tiles_across;
  /// Warps that share a tile.
  static constexpr int sharers = tiles >= warps ? 1 : warps / tiles;
  /// Blocks of a slice.
  static constexpr int blocks = static_cast<int>(blocks_of(tiles * sharers, warps));
  static constexpr int least_slice = 64;
  /// A thread holds the chunks of all rows.
  static constexpr int width = widest_chunk<T>(Dim, std::max(1, 4 * most / rows));
};

/// The inputs of the weight gradient, and the sums of every slice and sharer, [slices * sharers][Components *
/// Composites].
template <typename T, int Components, int Composites, int Dim>
struct weight_gradient_tensors {
  head_view<const T, Components, Dim> components;
  head_view<const T, Composites, Dim> composite_gradient;
  sum_type<T>* partial;
};

namespace loops {

/// Reads a chunk of `Count` heads from `first` on; heads that do not exist are zero.
template <bool Whole, int Width, std::size_t Size, typename T, int Heads, int Dim>
HEADWISE_DEVICE void load_heads(const head_view<const T, Heads, Dim>& view, const chunk_place& place, int first,
                                feature_chunk<T, Width> (&chunk)[Size]) {
  constexpr int count = static_cast<int>(Size);
  const T* const from = view.row(place.b, place.n, first) + place.feature;
  HEADWISE_UNROLL
  for (int i = 0; i < count; ++i)
    chunk[i] = Heads % count == 0 || first + i < Heads ? load_chunk<Width, Whole>(from + i * view.head_stride)
                                                       : feature_chunk<T, Width>{};
}

}  // namespace loops

/// One slice of sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]>.
template <bool Whole, typename T, int Components, int Composites, int Dim>
HEADWISE_KERNEL((weight_gradient_shape<T, Components, Composites, Dim>::threads), Whole ? 2 : 1)
sum_weight_gradient(HEADWISE_KERNEL_PARAMETER weight_gradient_tensors<T, Components, Composites, Dim> tensors) {
  using shape = weight_gradient_shape<T, Components, Composites, Dim>;
  using real = sum_type<T>;
  constexpr int width = shape::width;
  constexpr int chunks = Dim / width;
  const std::int64_t tokens = tensors.components.tokens;
  const token_slices slices{tensors.components.batch * tokens, shape::least_slice};
  const std::int64_t slice = block_index() / shape::blocks;
  const int job = static_cast<int>(block_index() % shape::blocks) * shape::warps + warp_index();
  if (job >= shape::tiles * shape::sharers) return;
  const std::int64_t begin = slice * slices.size();
  const std::int64_t end = begin + slices.size() < slices.tokens ? begin + slices.size() : slices.tokens;
  const int sharer = job % shape::sharers;
  const int tile = job / shape::sharers;
  const int first_component = tile / shape::tiles_across * shape::rows;
  const int first_composite = tile % shape::tiles_across * shape::columns;
  real sum[std::size_t{shape::rows}][std::size_t{shape::columns}] = {};
  for (std::int64_t index = begin * chunks + sharer * warp_size + lane_index(); index < end * chunks;
       index += shape::sharers * warp_size) {
    const chunk_place place = place_of_chunk<Dim, width>(index, tokens);
    feature_chunk<T, width> component[std::size_t{shape::rows}];
    feature_chunk<T, width> gradient[std::size_t{shape::columns}];
    loops::load_heads<Whole>(tensors.components, place, first_component, component);
    loops::load_heads<Whole>(tensors.composite_gradient, place, first_composite, gradient);
    HEADWISE_UNROLL
    for (int g = 0; g < shape::columns; ++g) {
      HEADWISE_UNROLL
      for (int c = 0; c < shape::rows; ++c) {
        HEADWISE_UNROLL
        for (int d = 0; d < width; ++d) sum[c][g] += component[c].value[d] * gradient[g].value[d];
      }
    }
  }
  real* const partial = tensors.partial + (slice * shape::sharers + sharer) * (Components * Composites);
  HEADWISE_UNROLL
  for (int c = 0; c < shape::rows; ++c) {
    HEADWISE_UNROLL
    for (int g = 0; g < shape::columns; ++g) {
      const real total = sum_over_lanes(sum[c][g]);
      const bool exists = first_component + c < Components && first_composite + g < Composites;
      if (exists && lane_index() == (c * shape::columns + g) % warp_size)
        store_global(partial + (first_component + c) * Composites + first_composite + g, total);
    }
  }
}

/// Adds sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]> to weight_gradient [Components][Composites].
template <typename T, int Components, int Composites, int Dim>
void add_weight_gradient(head_view<const T, Components, Dim> components,
                         head_view<const T, Composites, Dim> composite_gradient, T* weight_gradient,
                         cuda_workspace& workspace) {
  using shape = weight_gradient_shape<T, Components, Composites, Dim>;
  constexpr std::int64_t count = std::int64_t{Components} * Composites;
  const std::int64_t slices = token_slices{components.batch * components.tokens, shape::least_slice}.count();
  cuda_workspace::frame frame(workspace);
  const partial_sums<T> sums = take_partials(slices * shape::sharers, count, weight_gradient, frame);
  const bool aligned = chunk_aligned<shape::width>(components) && chunk_aligned<shape::width>(composite_gradient);
  with_whole_chunks<shape::width>(aligned, [&](auto whole) {
    workspace.launch("sum_weight_gradient", sum_weight_gradient<decltype(whole)::value, T, Components, Composites, Dim>,
                     {.blocks = slices * shape::blocks, .threads = shape::threads},
                     {components, composite_gradient, sums.partial});
  });
  launch_add_partials(sums, workspace);
}

}  // namespace headwise::cuda
