// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/compose_heads.hpp"

namespace headwise::detail {

/// `attend_components` by building the composite heads of all live keys in the workspace: right for every variant, and
/// the meaning of every other way to do it.
template <typename Backend, typename Variant, typename Scalar>
void attend_expanded(const attend_components_arguments<Variant, Scalar>& a, typename Backend::workspace& workspace) {
  using keys = key_composition<Variant>;
  using values = value_composition<Variant>;
  const std::int64_t live = longest_of(a.key_lengths, a.k.tokens);
  typename Backend::workspace::frame frame(workspace);
  const auto take = [&](bool needed, int dim) {
    return needed ? frame.template take<Scalar>(a.k.batch * live * Variant::composite_heads * dim) : nullptr;
  };
  Scalar* mixed_keys = take(keys::has_mixed_heads, Variant::head_dim);
  Scalar* composite_keys = take(keys::changes, Variant::head_dim);
  Scalar* mixed_values = take(values::has_mixed_heads, Variant::value_dim);
  Scalar* composite_values = take(values::changes, Variant::value_dim);

  const attend_arguments<Variant, Scalar> expanded{
      .q = a.q,
      .k = keys::template forward<Backend>(a.k.slice_tokens(0, live), a.key_weight, a.composite_key_gain, mixed_keys,
                                           composite_keys, workspace),
      .v = values::template forward<Backend>(a.v.slice_tokens(0, live), a.value_weight, a.composite_value_gain,
                                             mixed_values, composite_values, workspace),
      .out = a.out,
      .lse = a.lse,
      .query_lengths = a.query_lengths,
      .key_lengths = a.key_lengths,
      .mask = a.mask,
      .score = a.score};
  Backend::attend(expanded, workspace);
}

}  // namespace headwise::detail
