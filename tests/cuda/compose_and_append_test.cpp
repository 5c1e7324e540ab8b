// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/compose_and_append.cuh"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "headwise/policies/positions.hpp"
#include "support/compare.hpp"
#include "support/head_tensor.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/random.hpp"

namespace headwise::test {

using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved}>;

template <typename Positions, typename Scalar, int C, int G, int D>
void check_one_pass(std::int64_t tokens, head_layout layout) {
  CAPTURE(tokens);
  CAPTURE(static_cast<int>(layout));
  const std::vector<std::int64_t> lengths = {3, 0};
  const std::vector<std::int64_t> counts = {tokens / 2, tokens};
  random_numbers random(271);
  head_tensor<Scalar, C, D> x(2, tokens, layout);
  x.fill(random);
  const auto weight = random.normals<Scalar>(C * G);
  head_tensor<Scalar, C, D> slots(2, tokens + 3, layout);
  slots.fill(random);
  auto expected_slots = slots;
  head_tensor<Scalar, G, D> composites(2, tokens, layout);
  head_tensor<Scalar, G, D> expected(2, tokens, layout);
  run_mirrored([](cuda_workspace& w, auto... a) { cuda::compose_and_append<Positions>(a..., w); }, x.view(),
               std::span<const Scalar>(weight), std::span<const std::int64_t>(counts),
               std::span<const std::int64_t>(lengths), slots.view(), composites.view());

  host_workspace workspace;
  using backend = mirrored_cuda_backend;
  head_tensor<Scalar, C, D> rotated = x;
  if constexpr (Positions::rotates)
    backend::rotate<Positions>(x.view(), std::span<const std::int64_t>(lengths), rotated.view(), workspace);
  backend::append_heads(rotated.view(), std::span<const std::int64_t>(counts), std::span<const std::int64_t>(lengths),
                        expected_slots.view(), workspace);
  backend::mix_heads(rotated.view(), std::span<const Scalar>(weight), expected.view(), workspace);
  // A compiler may contract a product and a sum in one kernel and not in the other.
  CHECK(equal_up_to_rounding(slots.storage(), expected_slots.storage(), 8));
  CHECK(equal_up_to_rounding(values_of(composites), values_of(expected), 8.0 * C));
}

TEST_CASE_TEMPLATE("rotating, appending and mixing in one pass equal the three of them", Scalar, float, double,
                   bfloat16, float16) {
  for (const std::int64_t tokens : {0, 1, 16, 37})
    for (const head_layout layout : {head_layout::batch_token_head, head_layout::padded_rows}) {
      check_one_pass<rotary<>, Scalar, 3, 5, 16>(tokens, layout);
      check_one_pass<interleaved, Scalar, 2, 8, 64>(tokens, layout);
      check_one_pass<no_positions, Scalar, 3, 5, 7>(tokens, layout);
      check_one_pass<no_positions, Scalar, 4, 4, 32>(tokens, layout);
    }
}

TEST_CASE_TEMPLATE("more composite heads than a thread can hold are composed in several rounds", Scalar, float,
                   bfloat16) {
  check_one_pass<rotary<>, Scalar, 2, 70, 4>(5, head_layout::batch_token_head);
  check_one_pass<no_positions, Scalar, 2, 70, 4>(5, head_layout::batch_token_head);
}

}  // namespace headwise::test
