// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

template <int Dim, int ValueDim>
struct sized : attention_variant<query_heads<2>, composite_heads<1>, head_dim<Dim>, value_dim<ValueDim>, causal_mask> {
};

template <int Dim, int ValueDim>
void check_sizes() {
  CAPTURE(Dim);
  CAPTURE(ValueDim);
  using in_float = setting<cpu_backend, sized<Dim, ValueDim>, float>;
  using in_double = setting<cpu_backend, sized<Dim, ValueDim>, double>;
  for (const std::int64_t tokens : {2, 70}) {
    check_attend<in_float>({.batch = 1, .queries = tokens, .keys = tokens}, 51);
    check_attend<in_double>({.batch = 1, .queries = tokens, .keys = tokens + 3}, 52);
  }
}

TEST_CASE("any head size works, and any value size beside it") {
  check_sizes<1, 1>();
  check_sizes<4, 8>();
  check_sizes<8, 1>();
  check_sizes<24, 24>();
  check_sizes<40, 20>();
  check_sizes<46, 46>();
  check_sizes<59, 118>();
  check_sizes<64, 64>();
}

TEST_CASE("large head sizes work as well") {
  check_sizes<80, 80>();
  check_sizes<88, 44>();
  check_sizes<96, 96>();
  check_sizes<111, 111>();
  check_sizes<128, 256>();
  check_sizes<192, 128>();
  check_sizes<224, 224>();
  check_sizes<256, 256>();
}

}  // namespace headwise::test
