// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>

#include "headwise/attention_variant.hpp"
#include "headwise/cpu/cpu_backend.hpp"
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

}  // namespace headwise::test
