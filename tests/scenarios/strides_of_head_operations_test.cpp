// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"
#include "support/head_operation_layouts.hpp"

namespace headwise::test {

TEST_CASE_ON_EVERY_BACKEND("mixing, norms, rotation and appending do not depend on layouts, bit by bit") {
  check_layouts<Backend, float, 6>();
}

struct mixed : attention_variant<query_heads<4>, component_heads<2>, head_dim<6>, value_dim<5>, linear_head_mixing,
                                 causal_mask> {};

template <typename Backend>
std::vector<float> components_attended(std::int64_t queries, const attend_layouts& layouts) {
  auto t = random_component_tensors<mixed, float>({.batch = 2, .queries = queries, .keys = 50}, 155, layouts);
  host_workspace workspace;
  Backend::attend_components(t.arguments(), workspace);
  return values_of(t.out);
}

TEST_CASE_ON_EVERY_BACKEND("attention over components takes every layout") {
  for (const std::int64_t queries : {1, 30}) {
    CAPTURE(queries);
    const auto contiguous = components_attended<Backend>(queries, {});
    for (const head_layout layout : output_layouts) {
      CAPTURE(static_cast<int>(layout));
      // A layout may change the way that is taken, and with it the rounding.
      CHECK(equal_up_to_rounding(components_attended<Backend>(queries, attend_layouts::all(layout)), contiguous, 100));
    }
  }
}

TEST_CASE_ON_EVERY_BACKEND("queries, keys and values are read from one packed buffer, and gradients written to one") {
  struct grouped : attention_variant<query_heads<4>, composite_heads<2>, head_dim<6>, value_dim<5>, causal_mask> {};
  constexpr std::int64_t width = (4 + 2) * 6 + 2 * 5;
  for (const std::int64_t count : {1, 40}) {
    CAPTURE(count);
    auto apart = random_attend_tensors<grouped, float>({.batch = 2, .queries = count, .keys = count}, 156);
    run_attend<Backend>(apart);

    std::vector<float> inputs(static_cast<std::size_t>(2 * count * width));
    std::vector<float> gradients(inputs.size(), std::numeric_limits<float>::quiet_NaN());
    const auto in = packed_view<4, 2, 6, 5>(inputs.data(), 2, count);
    const auto out = packed_view<4, 2, 6, 5>(gradients.data(), 2, count);
    const auto copy = [](const auto& from, const auto& to) {
      for (std::int64_t b = 0; b < to.batch; ++b)
        for (std::int64_t n = 0; n < to.tokens; ++n)
          for (int h = 0; h < to.heads; ++h) std::copy_n(from.row(b, n, h), to.dim, to.row(b, n, h));
    };
    copy(apart.q.view(), in.q);
    copy(apart.k.view(), in.k);
    copy(apart.v.view(), in.v);
    auto packed = apart;
    packed.set_outputs(std::numeric_limits<float>::quiet_NaN());
    host_workspace workspace;
    auto forward = packed.forward_arguments();
    forward.q = in.q;
    forward.k = in.k;
    forward.v = in.v;
    Backend::attend(forward, workspace);
    CHECK(bitwise_equal(values_of(packed.out), values_of(apart.out)));
    auto backward = packed.backward_arguments();
    backward.q = in.q;
    backward.k = in.k;
    backward.v = in.v;
    backward.q_gradient = out.q;
    backward.k_gradient = out.k;
    backward.v_gradient = out.v;
    Backend::attend_backward(backward, workspace);
    CHECK(bitwise_equal(values_of(out.q), values_of(apart.q_gradient)));
    CHECK(bitwise_equal(values_of(out.k), values_of(apart.k_gradient)));
    CHECK(bitwise_equal(values_of(out.v), values_of(apart.v_gradient)));
  }
}

}  // namespace headwise::test
