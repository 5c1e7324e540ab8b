// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/instructions.cuh"
#include "support/conformance.hpp"
#include "support/mirrored_cuda_attention.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// A factor for every pair, [queries][keys] and no more, in the memory of the host or of the device.
struct factor_of_pair {
  using slot = score_modification_slot;
  const float* factors = nullptr;
  bool on_device = false;

  float factor(token_pair at) const {
    const float* const place = factors + (at.query - (at.keys - at.queries)) * at.keys + at.key;
    return on_device ? cuda::load_global(place) : *place;
  }
  template <typename Real>
  Real modify(Real score, token_pair at) const {
    return score * Real(factor(at));
  }
  template <typename Real>
  Real derivative(Real /*score*/, token_pair at) const {
    return Real(factor(at));
  }
};

struct factors_for_all : attention_variant<query_heads<2>, head_dim<16>, factor_of_pair> {};
struct factors_under_mask
    : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, causal_mask, factor_of_pair> {};

/// Results are right, and no factor but those that are there is read.
template <typename Variant, typename Scalar>
void check_factors(std::int64_t queries, std::int64_t keys) {
  CAPTURE(queries);
  CAPTURE(keys);
  std::vector<float> factors(static_cast<std::size_t>(queries * keys));
  random_numbers random(47);
  for (float& factor : factors) factor = 1 + 0.25F * static_cast<float>(random.normal());
  const device_array<float> on_device(factors);
  auto t = random_attend_tensors<Variant, Scalar>({.batch = 2, .queries = queries, .keys = keys}, 48);
  t.score = {on_device.data(), true};
  CHECK(fault_of([&] { run_attend<mirrored_cuda_attention>(t); }) == "");
  t.score = {factors.data(), false};
  check_all(verdicts_of(t));
}

TEST_CASE_TEMPLATE("a score modification is asked about pairs that exist, and no others", Scalar, bfloat16, float) {
  for (const auto& [queries, keys] : {std::pair{70, 73}, {130, 33}, {5, 200}, {1, 1}}) {
    check_factors<factors_for_all, Scalar>(queries, keys);
    check_factors<factors_under_mask, Scalar>(queries, keys);
  }
}

}  // namespace headwise::test
