// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/number_types.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "headwise/attention_variant.hpp"

namespace headwise::test {

static_assert(std::is_same_v<number_types<float>::accumulator, float>, "sums are taken in the storage type by default");
static_assert(std::is_same_v<number_types<float, double>::storage, float>);
static_assert(std::is_same_v<number_types<float, double>::accumulator, double>);
static_assert(std::is_same_v<number_types<float>::slot, number_types_slot>);
static_assert(std::is_same_v<number_types<bfloat16>::storage, bfloat16>);
static_assert(std::is_same_v<number_types<bfloat16>::accumulator, float>, "numbers of 16 bits are summed in float");
static_assert(std::is_same_v<number_types<float16>::accumulator, float>);
static_assert(std::is_same_v<number_types<float16, double>::accumulator, double>);

TEST_CASE("of two number types the wider one holds the sums") {
  CHECK(std::is_same_v<detail::wider_of<float, double>, double>);
  CHECK(std::is_same_v<detail::wider_of<double, float>, double>);
  CHECK(std::is_same_v<detail::wider_of<float, float>, float>);
}

template <typename Numbers, typename Scalar>
using accumulator_of = typename attention_variant<query_heads<1>, head_dim<1>, Numbers>::template accumulator<Scalar>;

TEST_CASE_TEMPLATE("a variant sums over numbers of 16 bits in float at least", Scalar, bfloat16, float16) {
  CHECK(std::is_same_v<accumulator_of<number_types<float>, Scalar>, float>);
  CHECK(std::is_same_v<accumulator_of<number_types<bfloat16>, Scalar>, float>);
  CHECK(std::is_same_v<accumulator_of<number_types<float16>, Scalar>, float>);
  CHECK(std::is_same_v<accumulator_of<number_types<bfloat16>, double>, double>);
  CHECK(std::is_same_v<accumulator_of<number_types<float, double>, Scalar>, double>);
}

}  // namespace headwise::test
