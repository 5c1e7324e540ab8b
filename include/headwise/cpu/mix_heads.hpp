// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/summed_heads.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/token_chunks.hpp"
#include "headwise/cpu/upcoming_rows.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cpu {

/// Head-level linear composition (MEA, eq. 10-11): composites[b][n][g] = sum_c weight[c][g] components[b][n][c], with
/// `weight` [C][G] row by row. A small matrix product for every token.
template <typename In, typename T, int Components, int Composites, int Dim>
void mix_heads(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
               head_view<T, Composites, Dim> composites, host_workspace& workspace) {
  headwise::detail::check_mix_heads(components, weight, composites);
  using real = sum_type<T>;
  host_workspace::frame frame(workspace);
  const left_factor<real> mixing{summed_numbers(weight, frame), 1, Composites};
  const summed_heads in(components, frame);
  const summed_heads out(composites, frame);
  token_chunks{components.batch, components.tokens}.for_each(
      [&](std::int64_t b, std::int64_t first, std::int64_t end, int thread) {
        for (std::int64_t n = first; n < end; ++n) {
          product<delivered_to::nearest_cache>(Composites, Dim, Components, mixing, in.read(b, n, thread),
                                               out.write(b, n, thread), result_write::overwrite,
                                               in.upcoming(b, n + 1, 1, end), out.upcoming(b, n + 1, 1, end));
          out.store(b, n, thread);
        }
      });
}

/// The backward of `mix_heads`: component_gradient[b][n][c] = sum_g weight[c][g] composite_gradient[b][n][g],
/// overwriting or adding; sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]> is added to
/// weight_gradient[c][g].
template <typename In, typename InGradient, typename T, int Components, int Composites, int Dim>
void mix_heads_backward(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
                        head_view<InGradient, Composites, Dim> composite_gradient,
                        head_view<T, Components, Dim> component_gradient, result_write write,
                        std::type_identity_t<std::span<T>> weight_gradient, host_workspace& workspace) {
  headwise::detail::check_mix_heads_backward(components, weight, composite_gradient, component_gradient,
                                             weight_gradient);
  using real = sum_type<T>;
  host_workspace::frame frame(workspace);
  const left_factor<real> mixing{summed_numbers(weight, frame), Composites, 1};
  // The heads of so many tokens and their gradients are in the nearest cache together.
  constexpr std::int64_t at_a_time = 2;
  const summed_heads in(components, frame, at_a_time);
  const summed_heads upstream(composite_gradient, frame, at_a_time);
  const summed_heads out(component_gradient, frame);
  token_chunks{components.batch, components.tokens}.sum_over(
      Components * Composites, weight_gradient.data(), workspace,
      [&](std::int64_t b, std::int64_t first_of_chunk, std::int64_t end_of_chunk, int thread, real* sums) {
        for (std::int64_t first = first_of_chunk; first < end_of_chunk; first += at_a_time) {
          const std::int64_t end = std::min(first + at_a_time, end_of_chunk);
          const auto heads = in.read(b, first, end - first, thread);
          const auto gradient = upstream.read(b, first, end - first, thread);
          for (std::int64_t n = first; n < end; ++n) {
            product<delivered_to::nearest_cache>(
                Components, Dim, Composites, mixing,
                row_factor<const real>{gradient.row(0, n - first, 0), gradient.head_stride},
                out.write(b, n, thread, write), write, upstream.upcoming(b, n + at_a_time, 1, end_of_chunk),
                out.upcoming(b, n + 1, 1, end_of_chunk));
            out.store(b, n, thread);
          }
          real products[std::size_t{Components} * Composites];
          dot_product(Components, Composites, Dim, row_factor<const real>{heads.data, heads.head_stride},
                      row_factor<const real>{gradient.data, gradient.head_stride},
                      row_factor<real>{products, Composites}, {end - first, heads.token_stride, gradient.token_stride},
                      in.upcoming(b, end, at_a_time, end_of_chunk));
          add_scaled(products, Components * Composites, real(1), sums);
        }
      });
}

}  // namespace headwise::cpu
