// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"

namespace headwise::test {

/// The view with nothing in it that a result could be mistaken for.
template <typename T, int Heads, int Dim>
head_view<T, Heads, Dim> blank(const head_view<T, Heads, Dim>& view) {
  for (std::int64_t b = 0; b < view.batch; ++b)
    for (std::int64_t n = 0; n < view.tokens; ++n)
      for (int h = 0; h < Heads; ++h) std::fill_n(view.row(b, n, h), Dim, std::numeric_limits<T>::quiet_NaN());
  return view;
}

/// The call whose results `expected` holds gives the same bits where its tensors lie elsewhere. `place(tensor, index)`
/// gives a copy with a view; neighbours among the tensors have different indices.
template <typename Backend, typename Variant, typename Scalar, typename Place>
void check_elsewhere(const attend_tensors<Variant, Scalar>& expected, const Place& place) {
  const auto q = place(expected.q, 0);
  const auto k = place(expected.k, 1);
  const auto v = place(expected.v, 2);
  const auto out = place(expected.out, 3);
  const auto out_gradient = place(expected.out_gradient, 1);
  const auto q_gradient = place(expected.q_gradient, 2);
  const auto k_gradient = place(expected.k_gradient, 3);
  const auto v_gradient = place(expected.v_gradient, 4);
  auto t = expected;
  host_workspace workspace;
  auto forward = t.forward_arguments();
  forward.q = q.view();
  forward.k = k.view();
  forward.v = v.view();
  forward.out = blank(out.view());
  Backend::attend(forward, workspace);
  CHECK(bitwise_equal(t.lse.values, expected.lse.values));
  CHECK(bitwise_equal(values_of(out.view()), values_of(expected.out)));
  auto backward = t.backward_arguments();
  backward.q = q.view();
  backward.k = k.view();
  backward.v = v.view();
  backward.out = out.view();
  backward.out_gradient = out_gradient.view();
  backward.q_gradient = blank(q_gradient.view());
  backward.k_gradient = blank(k_gradient.view());
  backward.v_gradient = blank(v_gradient.view());
  Backend::attend_backward(backward, workspace);
  CHECK(bitwise_equal(values_of(q_gradient.view()), values_of(expected.q_gradient)));
  CHECK(bitwise_equal(values_of(k_gradient.view()), values_of(expected.k_gradient)));
  CHECK(bitwise_equal(values_of(v_gradient.view()), values_of(expected.v_gradient)));
}

}  // namespace headwise::test
