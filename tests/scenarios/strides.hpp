// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "headwise/attention_variant.hpp"
#include "headwise/core/error.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct even_heads : attention_variant<query_heads<4>, composite_heads<2>, head_dim<16>, causal_mask> {};
struct odd_heads : attention_variant<query_heads<2>, head_dim<7>, value_dim<5>, causal_mask> {};

template <typename Setting>
void check_layout(const attend_sizes& sizes, const attend_layouts& layouts) {
  using Variant = typename Setting::variant;
  using Scalar = typename Setting::scalar;
  CAPTURE(sizes);
  auto contiguous = random_attend_tensors<Variant, Scalar>(sizes, 81);
  const auto gap = Scalar(77.0F);
  attend_tensors<Variant, Scalar> laid_out(sizes, layouts, gap);
  copy_values(contiguous.q, laid_out.q);
  copy_values(contiguous.k, laid_out.k);
  copy_values(contiguous.v, laid_out.v);
  copy_values(contiguous.out_gradient, laid_out.out_gradient);
  laid_out.lse_gradient = contiguous.lse_gradient;
  // A layout that shares memory has kept the last values written; both calls have to see the same.
  copy_values(laid_out.q, contiguous.q);
  copy_values(laid_out.k, contiguous.k);
  copy_values(laid_out.v, contiguous.v);
  copy_values(laid_out.out_gradient, contiguous.out_gradient);
  backend_runner<typename Setting::backend>::attend(contiguous);
  backend_runner<typename Setting::backend>::attend(laid_out);
  for_each_result(laid_out, contiguous, [](const std::string& name, const auto& values, const auto& expected) {
    CAPTURE(name);
    CHECK(bitwise_equal(values, expected));
  });
  CHECK(gaps_hold(gap, laid_out));
}

TEST_CASE_TEMPLATE_DEFINE("every layout gives what the contiguous one gives, bit by bit", Setting, every_layout) {
  for (const attend_sizes& sizes :
       {attend_sizes{.batch = 2, .queries = 2, .keys = 9}, attend_sizes{.batch = 2, .queries = 100, .keys = 110}})
    for (const head_layout layout : output_layouts) {
      CAPTURE(static_cast<int>(layout));
      check_layout<Setting>(sizes, attend_layouts::all(layout));
    }
}

TEST_CASE_TEMPLATE_DEFINE("inputs may share memory across sequences, tokens and heads", Setting, shared_inputs) {
  for (const head_layout shared :
       {head_layout::shared_by_batch, head_layout::shared_by_tokens, head_layout::shared_by_heads})
    for (const std::int64_t queries : {1, 50}) {
      CAPTURE(static_cast<int>(shared));
      check_layout<Setting>({.batch = 2, .queries = queries, .keys = 60},
                            {.q = shared, .k = shared, .v = shared, .out_gradient = shared});
    }
}

TEST_CASE_TEMPLATE_DEFINE("layouts may be mixed, and addresses need no alignment", Setting, mixed_layouts) {
  check_layout<Setting>({.batch = 2, .queries = 100, .keys = 100}, {.q = head_layout::packed_rows,
                                                                    .k = head_layout::shifted_by_one,
                                                                    .v = head_layout::batch_head_token,
                                                                    .out = head_layout::padded_rows,
                                                                    .out_gradient = head_layout::reversed_tokens});
}

TEST_CASE_TEMPLATE_DEFINE("an output that shares memory with an input, or with itself, is refused by name", Setting,
                          shared_outputs) {
  using backend = typename Setting::backend;
  auto t = random_attend_tensors<even_heads, typename Setting::scalar>({.batch = 1, .queries = 4, .keys = 4}, 82);
  typename backend::workspace workspace;
  const auto refused = [&](const auto& call) {
    try {
      call();
    } catch (const error& e) {
      return e.argument();
    }
    return std::string("nothing");
  };
  auto forward = t.forward_arguments();
  forward.out = t.q.view();
  CHECK(refused([&] { backend::attend(forward, workspace); }) == "out");
  forward = t.forward_arguments();
  forward.out.token_stride = 0;
  CHECK(refused([&] { backend::attend(forward, workspace); }) == "out");
  auto backward = t.backward_arguments();
  backward.k_gradient = t.v_gradient.view();
  CHECK(refused([&] { backend::attend_backward(backward, workspace); }) == "k_gradient");
  backward = t.backward_arguments();
  backward.v_gradient = t.k.view();
  CHECK(refused([&] { backend::attend_backward(backward, workspace); }) == "v_gradient");
}

}  // namespace headwise::test
