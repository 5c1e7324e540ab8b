// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/positions.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "support/compare.hpp"

namespace headwise::test {

using half_split = rotary<>;
using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved}>;

static_assert(half_split::rotates && !no_positions::rotates);
static_assert(std::is_same_v<half_split::slot, positions_slot> && std::is_same_v<no_positions::slot, positions_slot>);
static_assert(std::is_same_v<half_split, rotary<rotary_settings{.base = 10000}>>);

TEST_CASE("half-split pairs are one half of the features apart") {
  CHECK(half_split::first_feature(0, 8) == 0);
  CHECK(half_split::second_feature(0, 8) == 4);
  CHECK(half_split::first_feature(3, 8) == 3);
  CHECK(half_split::second_feature(3, 8) == 7);
}

TEST_CASE("interleaved pairs are neighbours") {
  CHECK(interleaved::first_feature(0, 8) == 0);
  CHECK(interleaved::second_feature(0, 8) == 1);
  CHECK(interleaved::first_feature(3, 8) == 6);
  CHECK(interleaved::second_feature(3, 8) == 7);
}

TEST_CASE("every feature belongs to exactly one pair") {
  for (int dim = 2; dim <= 64; dim += 2) {
    int half_split_sum = 0;
    int interleaved_sum = 0;
    for (int pair = 0; pair < dim / 2; ++pair) {
      half_split_sum += half_split::first_feature(pair, dim) + half_split::second_feature(pair, dim);
      interleaved_sum += interleaved::first_feature(pair, dim) + interleaved::second_feature(pair, dim);
    }
    CHECK(half_split_sum == dim * (dim - 1) / 2);
    CHECK(interleaved_sum == dim * (dim - 1) / 2);
  }
}

TEST_CASE("frequencies fall from 1 by powers of the base") {
  CHECK(half_split::frequency(0, 64) == 1.0);
  CHECK(equal_up_to_rounding(half_split::frequency(16, 64), 0.01));
  CHECK(equal_up_to_rounding(half_split::frequency(32, 64), 0.0001));
  using long_range = rotary<rotary_settings{.base = 500000}>;
  CHECK(equal_up_to_rounding(long_range::frequency(32, 64), 1 / 500000.0));
}

}  // namespace headwise::test
