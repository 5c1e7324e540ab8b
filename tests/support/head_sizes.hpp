// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>

#include "headwise/attention_variant.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

/// The size of a head of queries and keys, and of one of values.
template <int Dim, int ValueDim>
struct head_size {};

template <typename... Sizes>
struct head_size_list {};

/// Head sizes of every kind, up to 64 and above.
using moderate_head_sizes = head_size_list<head_size<1, 1>, head_size<8, 1>, head_size<40, 20>, head_size<46, 46>,
                                           head_size<59, 118>, head_size<64, 64>>;
using large_head_sizes = head_size_list<head_size<80, 80>, head_size<111, 111>, head_size<128, 256>,
                                        head_size<192, 128>, head_size<256, 256>>;

template <int Dim, int ValueDim>
struct sized : attention_variant<query_heads<2>, composite_heads<1>, head_dim<Dim>, value_dim<ValueDim>, causal_mask> {
};

template <typename Backend, typename Scalar, int Dim, int ValueDim>
void check_head_size(head_size<Dim, ValueDim> /*size*/, std::int64_t more_keys) {
  CAPTURE(Dim);
  CAPTURE(ValueDim);
  using tested = setting<Backend, sized<Dim, ValueDim>, Scalar>;
  for (const std::int64_t tokens : {2, 70})
    check_attend<tested>({.batch = 1, .queries = tokens, .keys = tokens + more_keys}, 51);
}

/// Calls with heads of every size agree with the reference.
template <typename Backend, typename Scalar, typename... Sizes>
void check_head_sizes(head_size_list<Sizes...> /*sizes*/, std::int64_t more_keys = 0) {
  (check_head_size<Backend, Scalar>(Sizes{}, more_keys), ...);
}

}  // namespace headwise::test
