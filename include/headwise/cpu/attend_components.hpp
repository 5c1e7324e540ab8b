// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/attend_split_keys.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/variant_rules.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/checks.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise::cpu {

/// How `attend_components` is executed where no mode is named.
template <typename Variant, typename T>
decode_mode chosen_decode_mode(const attend_components_arguments<Variant, T>& a) {
  return mixing_cost_model<Variant, T>{}.chosen_decode_mode(a.q.batch, a.q.tokens,
                                                            headwise::detail::longest_of(a.key_lengths, a.k.tokens));
}

/// `attend_components` without composite heads (MEA's mixing absorbed): a query of head i becomes the vector of all
/// Wk[c][map(i)] q, so that <q, K_composite> = <absorbed q, K_components>; values of all components are averaged with
/// the weights of attention and mixed once at the end. The cache is read once for all query heads.
template <typename Variant, typename T>
void attend_absorbed(const attend_components_arguments<Variant, T>& a, host_workspace& workspace) {
  using real = typename Variant::template accumulator<T>;
  constexpr std::int64_t H = Variant::query_heads;
  constexpr std::int64_t G = Variant::composite_heads;
  constexpr std::int64_t C = Variant::component_heads;
  // A side that is not mixed has the identity for a matrix.
  const auto weight = [](std::span<const T> matrix, std::int64_t c, std::int64_t g) {
    if (matrix.empty()) return c == g ? real(1) : real(0);
    return tiles::converted<real>(matrix[static_cast<std::size_t>(c * G + g)]);
  };

  host_workspace::frame frame(workspace);
  const variant_rules<Variant, real> rules(a.mask, a.score);
  const attend_inputs<T, real> inputs = inputs_of(a, rules);
  const split_sizes sizes{a.q.batch, a.q.tokens * H, C, a.k.tokens, Variant::head_dim, Variant::value_dim, 1};
  const attend_split_keys<T, real> split(frame, sizes);
  for (std::int64_t b = 0; b < a.q.batch; ++b) {
    const auto& group = split.set_group(b, inputs, b, H, 0);
    for (std::int64_t r = 0; r < group.rows; ++r) {
      const split_row row{static_cast<int>(r % H), r / H};
      group.row[r] = row;
      for (std::int64_t c = 0; c < C; ++c)
        group.set_query(r, c, weight(a.key_weight, c, Variant::composite_head(row.head)),
                        a.q.row(b, row.index, row.head));
    }
  }
  split.run(1);

  parallel_for(a.q.batch * sizes.most_rows, [&](std::int64_t task, int /*thread*/) {
    const std::int64_t b = task / sizes.most_rows;
    const std::int64_t r = task % sizes.most_rows;
    const int head = static_cast<int>(r % H);
    const online_softmax<real> softmax = split.merge(b, r);
    if (a.lse.data != nullptr) a.lse.row(b, head)[r / H] = softmax.log_sum();
    real mixed[std::size_t{Variant::value_dim}] = {};
    for (std::int64_t c = 0; c < C && softmax.scale() != real(0); ++c)
      add_scaled(split.merged_row(b, r) + c * Variant::value_dim, Variant::value_dim,
                 softmax.scale() * weight(a.value_weight, c, Variant::composite_head(head)), mixed);
    convert(mixed, Variant::value_dim, real(1), a.out.row(b, r / H, head));
  });
}

}  // namespace headwise::cpu
