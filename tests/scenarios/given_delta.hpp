// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_magnitudes.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct grouped_heads : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, value_dim<5>, causal_mask> {};
struct odd_window : attention_variant<query_heads<2>, head_dim<3>, soft_cap<3>, sliding_window<4>> {};

/// <out, out_gradient> of every row, and a NaN where there is none.
template <typename Variant, typename Scalar>
auto delta_of(const attend_tensors<Variant, Scalar>& t) {
  using accumulator = typename Variant::template accumulator<Scalar>;
  constexpr int H = Variant::query_heads;
  scalar_tensor<accumulator, H> delta(t.sizes.batch, t.sizes.queries, std::numeric_limits<accumulator>::quiet_NaN());
  for (std::int64_t b = 0; b < t.sizes.batch; ++b)
    for (int h = 0; h < H; ++h)
      for (std::int64_t i = 0; i < detail::length_of(t.sizes.query_lengths, b, t.sizes.queries); ++i) {
        accumulator& sum = delta.view().row(b, h)[i] = 0;
        for (int d = 0; d < Variant::value_dim; ++d) sum += t.out.at(b, i, h, d) * t.out_gradient.at(b, i, h, d);
      }
  return delta;
}

/// The backward with what `change(arguments)` makes of its arguments gives the gradients that `expected` holds.
template <typename Backend, typename Variant, typename Scalar, typename Change>
void check_gradients(attend_tensors<Variant, Scalar>& expected, const Change& change) {
  const attend_magnitudes m = magnitudes_of(expected);
  auto t = expected;
  typename Backend::workspace workspace;
  auto arguments = t.backward_arguments();
  change(arguments);
  Backend::attend_backward(arguments, workspace);
  CHECK(equal_up_to_rounding(values_of(t.q_gradient), values_of(expected.q_gradient), m.q_gradient.summed));
  CHECK(equal_up_to_rounding(values_of(t.k_gradient), values_of(expected.k_gradient), m.k_gradient.summed));
  CHECK(equal_up_to_rounding(values_of(t.v_gradient), values_of(expected.v_gradient), m.v_gradient.summed));
}

TEST_CASE_TEMPLATE_DEFINE("a delta that is given is used, and gives the gradients that one worked out gives", Setting,
                          given_delta) {
  using backend = typename Setting::backend;
  const std::vector<attend_sizes> delta_sizes = {
      {.batch = 1, .queries = 1, .keys = 1},
      {.batch = 3, .queries = 7, .keys = 21, .query_lengths = {7, 0, 3}, .key_lengths = {20, 21, 0}},
      {.batch = 2, .queries = 70, .keys = 60},
  };
  for (const attend_sizes& sizes : delta_sizes) {
    CAPTURE(sizes);
    auto t = random_attend_tensors<typename Setting::variant, typename Setting::scalar>(sizes, 191);
    backend_runner<backend>::attend(t);
    auto delta = delta_of(t);
    check_gradients<backend>(t, [&](auto& a) { a.delta = delta.view(); });
    // The gradient of lse goes the same way with the other sign. A delta that nobody read would leave it out.
    for (std::size_t i = 0; i < delta.values.size(); ++i) delta.values[i] -= t.lse_gradient.values[i];
    check_gradients<backend>(t, [&](auto& a) {
      a.delta = delta.view();
      a.lse_gradient = {};
    });
  }
}

}  // namespace headwise::test
