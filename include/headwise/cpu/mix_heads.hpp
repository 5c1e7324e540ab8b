// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/summed_heads.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/token_chunks.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cpu {
namespace tiles {

/// The heads of a view's first token as rows.
template <typename T, int Heads, int Dim>
row_factor<T> first_token(const head_view<T, Heads, Dim>& heads) {
  return {heads.data, heads.head_stride};
}

}  // namespace tiles

/// Head-level linear composition (MEA, eq. 10-11): composites[b][n][g] = sum_c weight[c][g] components[b][n][c], with
/// `weight` [C][G] row by row. A small matrix product for every token.
template <typename In, typename T, int Components, int Composites, int Dim>
void mix_heads(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
               head_view<T, Composites, Dim> composites, host_workspace& workspace) {
  headwise::detail::check_mix_heads(components, weight, composites);
  using real = sum_type<T>;
  host_workspace::frame frame(workspace);
  const left_factor<real> mixing{summed_numbers(weight, frame), 1, Composites};
  const summed_heads in(components, 1, frame);
  const summed_heads out(composites, 1, frame);
  token_chunks{components.batch, components.tokens}.for_each(
      [&](std::int64_t b, std::int64_t first, std::int64_t end, int thread) {
        for (std::int64_t n = first; n < end; ++n) {
          product<product_write::overwrite>(Composites, Dim, Components, mixing,
                                            tiles::first_token(in.read(b, n, n + 1, thread)),
                                            tiles::first_token(out.place(b, n, n + 1, thread)));
          out.store(b, n, n + 1, thread);
        }
      });
}

/// The backward of `mix_heads`: component_gradient[b][n][c] = sum_g weight[c][g] composite_gradient[b][n][g] is
/// overwritten, sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]> is added to weight_gradient[c][g].
template <typename In, typename InGradient, typename T, int Components, int Composites, int Dim>
void mix_heads_backward(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
                        head_view<InGradient, Composites, Dim> composite_gradient,
                        head_view<T, Components, Dim> component_gradient,
                        std::type_identity_t<std::span<T>> weight_gradient, host_workspace& workspace) {
  headwise::detail::check_mix_heads_backward(components, weight, composite_gradient, component_gradient,
                                             weight_gradient);
  using real = sum_type<T>;
  host_workspace::frame frame(workspace);
  const left_factor<real> mixing{summed_numbers(weight, frame), Composites, 1};
  const summed_heads in(components, token_chunks::chunk, frame);
  const summed_heads upstream(composite_gradient, token_chunks::chunk, frame);
  const summed_heads out(component_gradient, 1, frame);
  token_chunks{components.batch, components.tokens}.sum_over(
      Components * Composites, weight_gradient.data(), workspace,
      [&](std::int64_t b, std::int64_t first, std::int64_t end, int thread, real* sums) {
        const auto heads = in.read(b, first, end, thread);
        const auto gradient = upstream.read(b, first, end, thread);
        for (std::int64_t n = first; n < end; ++n) {
          product<product_write::overwrite>(Components, Dim, Composites, mixing,
                                            tiles::first_token(gradient.slice_tokens(n - first, 1)),
                                            tiles::first_token(out.place(b, n, n + 1, thread)));
          out.store(b, n, n + 1, thread);
        }
        dot_product(Components, Composites, Dim, tiles::first_token(heads), tiles::first_token(gradient),
                    row_factor<real>{sums, Composites}, {heads.tokens, heads.token_stride, gradient.token_stride});
      });
}

}  // namespace headwise::cpu
