// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "emulator/statistics.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/attend_tensors.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

// Rows are taken one by one, which takes many times as long, only where a NaN may come from what is hidden.

struct all_see_all : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, full_mask> {};
struct all_see_the_past : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, causal_mask> {};

constexpr const char* kernels[] = {"attend", "gradients of queries", "gradients of keys and values"};

/// The loads of each of the kernels that do not go by way of shared memory.
template <typename Tensors>
std::vector<std::int64_t> counted_loads(Tensors& t) {
  emulator::count_from_now();
  run_attend<mirrored_cuda_attention>(t);
  emulator::stop_counting();
  std::vector<std::int64_t> loads;
  for (const char* kernel : kernels) loads.push_back(emulator::statistics_of(kernel).global_loads.instructions);
  return loads;
}

template <typename T>
std::vector<bool> nan_places(const std::vector<T>& values) {
  std::vector<bool> places;
  for (const T x : values) places.push_back(std::isnan(x));
  return places;
}

/// Of 256 tokens, those from `first` on hold such a number in one of the inputs: results are NaN where the reference
/// has NaNs, and the loads are those of a call without.
template <typename Variant>
void check_loads(std::int64_t first, float number) {
  using scalar = bfloat16;
  CAPTURE(first);
  CAPTURE(number);
  const auto clean = random_attend_tensors<Variant, scalar>({.batch = 1, .queries = 256, .keys = 256}, 321);
  auto plain = clean;
  const std::vector<std::int64_t> expected = counted_loads(plain);
  for (int input = 0; input < 4; ++input) {
    CAPTURE(input);
    auto spoiled = clean;
    const auto plant = [&](auto& tensor) {
      for (std::int64_t n = first; n < 256; ++n) tensor.at(0, n, 0, 3) = scalar(number);
    };
    if (input == 0) plant(spoiled.q);
    if (input == 1) plant(spoiled.k);
    if (input == 2) plant(spoiled.v);
    if (input == 3) plant(spoiled.out_gradient);
    auto judge = spoiled;
    CHECK(counted_loads(spoiled) == expected);
    run_attend<reference_backend>(judge);
    for_each_result(spoiled, judge, [](const std::string& name, const auto& values, const auto& wanted) {
      CAPTURE(name);
      CHECK(nan_places(values) == nan_places(wanted));
    });
  }
}

TEST_CASE("a NaN that everybody sees costs no row by itself") {
  check_loads<all_see_all>(0, std::numeric_limits<float>::quiet_NaN());
  check_loads<all_see_all>(200, std::numeric_limits<float>::quiet_NaN());
}

TEST_CASE("a NaN that some rows do not see makes them be taken by themselves, and no others") {
  const auto clean = random_attend_tensors<all_see_the_past, bfloat16>({.batch = 1, .queries = 256, .keys = 256}, 322);
  auto plain = clean;
  auto spoiled = clean;
  spoiled.v.at(0, 200, 0, 3) = std::numeric_limits<bfloat16>::quiet_NaN();
  const std::int64_t before = counted_loads(plain)[0];
  const std::int64_t loads = counted_loads(spoiled)[0] - before;
  CHECK(loads > 0);
  // The tile of keys is cut by the mask for two warps of each head, of 32 rows each. A row by itself takes two loads of
  // a warp for a key.
  CHECK(loads <= 2 * 2 * 32 * 2 * 256);
  for (std::int64_t n = 0; n < 256; ++n)
    for (int h = 0; h < 2; ++h) CHECK(std::isnan(spoiled.out.at(0, n, h, 3)) == (n >= 200));
}

TEST_CASE("rows that are NaN from end to end are soon done with where they are taken by themselves") {
  auto plain = random_attend_tensors<all_see_the_past, bfloat16>({.batch = 1, .queries = 256, .keys = 256}, 323);
  auto spoiled = plain;
  spoiled.out_gradient.fill(std::numeric_limits<bfloat16>::quiet_NaN());
  const std::int64_t before = counted_loads(plain)[2];
  const std::int64_t loads = counted_loads(spoiled)[2] - before;
  for (const auto& gradient : {values_of(spoiled.k_gradient), values_of(spoiled.v_gradient)})
    for (const bfloat16 x : gradient) CHECK(std::isnan(x));
  // A key and 32 queries: two products of 16 features, three numbers of a query, and two rows of each to be added.
  CHECK(loads <= 256 * (2 * 2 * 16 + 3 + 2 * 32));
}

}  // namespace headwise::test
