// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/attend_split_keys.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cpu/attend.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/attend_magnitudes.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"

namespace headwise::test {

struct few_rows : attention_variant<query_heads<2>, composite_heads<1>, head_dim<4>, value_dim<5>, causal_mask> {};
struct ten_rows : attention_variant<query_heads<10>, composite_heads<1>, head_dim<16>> {};
struct many_rows : attention_variant<query_heads<16>, composite_heads<1>, head_dim<4>, value_dim<6>, causal_mask> {};
struct few_rows_with_window
    : attention_variant<query_heads<1>, head_dim<4>, sliding_window<9000>, number_types<double>> {};
struct many_rows_with_window
    : attention_variant<query_heads<11>, composite_heads<1>, head_dim<4>, alibi, sliding_window<9000>> {};

// More keys than one block of every split holds: of many rows, and of few.
constexpr std::int64_t many_keys = 50000;
constexpr std::int64_t most_keys = 150000;
constexpr cpu::split_sizes one_group_of(std::int64_t keys) { return {1, 1, 1, keys, 4, 5, 1}; }
static_assert(one_group_of(many_keys).split_size() > cpu::split_many_rows<double, double>::block);
static_assert(one_group_of(most_keys).split_size() > cpu::split_few_rows<double, double>::block);

const attend_sizes one_of_most_keys{.batch = 1, .queries = 1, .keys = most_keys};

template <typename Variant, typename T, typename Change>
void check_long_context(const Change& change,
                        const attend_sizes& sizes = {
                            .batch = 2, .queries = 1, .keys = many_keys, .key_lengths = {many_keys, 300}}) {
  static_assert(cpu::has_few_queries(cpu::head_layout_of<Variant>, 1));
  auto tensors = random_attend_tensors<Variant, T>(sizes, 7);
  change(tensors);
  auto exact = converted<double>(tensors);
  host_workspace workspace;
  cpu::attend(tensors.forward_arguments(), workspace);
  reference_backend::attend(exact.forward_arguments(), workspace);
  const attend_magnitudes m = magnitudes_of(exact);
  CHECK(equal_up_to_rounding(values_of(tensors.out), values_of(exact.out), m.out.summed));
  CHECK(equal_up_to_rounding(tensors.lse.values, exact.lse.values, m.lse.summed));
}

constexpr auto as_it_is = [](auto& /*tensors*/) {};

TEST_CASE("a long context is the same in splits as in one piece, for few rows and for many") {
  check_long_context<few_rows, double>(as_it_is);
  check_long_context<few_rows, float>(as_it_is);
  check_long_context<few_rows, float>(as_it_is, one_of_most_keys);
  check_long_context<many_rows, double>(as_it_is);
  check_long_context<many_rows, float>(as_it_is);
}

TEST_CASE("eight rows of more read copies of the keys that are stored in another type") {
  check_long_context<ten_rows, float>(as_it_is);
  check_long_context<ten_rows, float16>(as_it_is);
}

TEST_CASE("scores that grow with the keys are brought to one base") {
  const auto grow = [](auto& tensors) {
    using scalar = typename std::remove_reference_t<decltype(tensors)>::scalar;
    for (std::int64_t n = 0; n < tensors.k.view().tokens; ++n)
      for (int d = 0; d < 4; ++d) tensors.k.view().row(0, n, 0)[d] *= scalar(n) / scalar(1000);
  };
  check_long_context<few_rows, double>(grow, one_of_most_keys);
  check_long_context<many_rows, double>(grow);
}

TEST_CASE("what no row sees may hold anything") {
  const auto poison = [](auto& tensors) {
    for (std::int64_t n = 0; n < many_keys - 9001; ++n)
      for (int d = 0; d < 4; ++d) {
        tensors.k.view().row(0, n, 0)[d] = std::numeric_limits<double>::quiet_NaN();
        tensors.v.view().row(0, n, 0)[d] = std::numeric_limits<double>::quiet_NaN();
      }
  };
  check_long_context<few_rows_with_window, double>(poison);
  check_long_context<many_rows_with_window, double>(poison);
}

template <typename Variant>
void check_value_that_one_query_sees() {
  auto tensors = random_attend_tensors<Variant, double>({.batch = 1, .queries = 2, .keys = 40}, 8);
  host_workspace workspace;
  const auto outputs_of = [&](std::int64_t query) {
    cpu::attend(tensors.forward_arguments(), workspace);
    const double* first = tensors.out.view().row(0, query, 0);
    return std::vector<double>(first, first + Variant::query_heads * Variant::value_dim);
  };
  const std::vector<double> before = outputs_of(0);
  for (int g = 0; g < Variant::composite_heads; ++g)
    tensors.v.view().row(0, 39, g)[0] = std::numeric_limits<double>::infinity();
  CHECK(outputs_of(0) == before);
  CHECK(std::isinf(outputs_of(1)[0]));
}

TEST_CASE("a value that is not finite reaches the queries that see it and no other") {
  check_value_that_one_query_sees<few_rows>();
  check_value_that_one_query_sees<many_rows>();
}

}  // namespace headwise::test
