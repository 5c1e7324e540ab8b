// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/policies/positions.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/conformance.hpp"
#include "support/head_operations.hpp"
#include "support/masks.hpp"
#include "support/projection.hpp"
#include "support/scores.hpp"

namespace headwise::test {

// The reference is what others are compared with in 16 bits, so it is compared with itself in double here. It rounds
// nothing but its results, once.

/// Whether results are the exact ones rounded to their type, but for what float's rounding does to their sums.
template <typename T, typename Exact>
verdict rounded_once(const std::vector<T>& results, const std::vector<Exact>& exact, double magnitude) {
  return as_precise_as_plain(1, results, converted<T>(exact), exact, rounding_floor<sum_type<T>>(magnitude));
}

template <typename... Policies>
struct four_heads : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, Policies...> {};

struct full : four_heads<> {};
struct causal : four_heads<causal_mask, value_dim<12>, number_types<bfloat16>> {};
struct capped : four_heads<soft_cap<3>, scattered_keys> {};
struct biased : four_heads<alibi, sliding_window<5>, score_scale<1.5>> {};
struct bent : four_heads<bent_by_head, band_of_head, number_types<float16>> {};
struct summed_in_double : four_heads<causal_mask, number_types<float, double>> {};

template <typename Variant, typename Scalar>
void check_attend_rounds_once(const attend_sizes& sizes, std::uint64_t seed) {
  CAPTURE(sizes);
  CAPTURE(seed);
  auto t = random_attend_tensors<Variant, Scalar>(sizes, seed);
  auto exact = converted<double>(t);
  run_attend<reference_backend>(t);
  run_attend<reference_backend>(exact);
  const attend_magnitudes m = magnitudes_of(exact);
  CHECK(rounded_once(values_of(t.out), values_of(exact.out), m.out.summed));
  CHECK(rounded_once(t.lse.values, exact.lse.values, m.lse.summed));
  CHECK(rounded_once(values_of(t.q_gradient), values_of(exact.q_gradient), m.q_gradient.summed));
  CHECK(rounded_once(values_of(t.k_gradient), values_of(exact.k_gradient), m.k_gradient.summed));
  CHECK(rounded_once(values_of(t.v_gradient), values_of(exact.v_gradient), m.v_gradient.summed));
}

TEST_CASE_TEMPLATE("attention on numbers of 16 bits rounds its results and nothing else", Scalar, bfloat16, float16) {
  for (const attend_sizes& sizes : various_sizes()) {
    check_attend_rounds_once<full, Scalar>(sizes, 201);
    check_attend_rounds_once<causal, Scalar>(sizes, 202);
    check_attend_rounds_once<capped, Scalar>(sizes, 203);
    check_attend_rounds_once<biased, Scalar>(sizes, 204);
    check_attend_rounds_once<bent, Scalar>(sizes, 205);
    check_attend_rounds_once<summed_in_double, Scalar>(sizes, 206);
  }
}

struct mixed : attention_variant<query_heads<4>, component_heads<2>, head_dim<8>, linear_head_mixing> {};
struct normalized : attention_variant<query_heads<4>, component_heads<3>, head_dim<8>, value_dim<12>,
                                      low_rank_key_mixing<2>, linear_value_mixing, norm_after_mixing<>, causal_mask> {};

TEST_CASE_TEMPLATE("attention over components of 16 bits rounds its composite heads and its results", Scalar, bfloat16,
                   float16) {
  const auto check_variant = [](auto t) {
    auto exact = converted<double>(t);
    host_workspace workspace;
    reference_backend::attend_components(t.arguments(), workspace);
    reference_backend::attend_components(exact.arguments(), workspace);
    const attend_magnitudes m = magnitudes_of(exact);
    CHECK(as_precise_as_plain(1, values_of(t.out), converted<Scalar>(values_of(exact.out)), values_of(exact.out),
                              rounding_floor<Scalar>(m.out)));
    CHECK(as_precise_as_plain(1, t.lse.values, converted<float>(exact.lse.values), exact.lse.values,
                              rounding_floor<Scalar>(m.lse)));
  };
  for (const attend_sizes& sizes : various_sizes()) {
    CAPTURE(sizes);
    check_variant(random_component_tensors<mixed, Scalar>(sizes, 207));
    check_variant(random_component_tensors<normalized, Scalar>(sizes, 208));
  }
}

template <typename Scalar, typename Operation>
void check_rounds_once(const Operation& operation) {
  CAPTURE(Operation::seed);
  host_workspace workspace;
  CHECK(rounded_once(operation.template run<reference_backend, Scalar, Scalar>(workspace),
                     operation.template run<reference_backend, double, Scalar>(workspace), operation.magnitude()));
}

TEST_CASE_TEMPLATE("operations on heads of 16 bits round their results and nothing else", Scalar, bfloat16, float16) {
  static constexpr norm_settings shared{};
  static constexpr norm_settings own{.gain = norm_gain::per_head, .groups = 2, .factor = 0.5, .epsilon = 0};
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_rounds_once<Scalar>(mixing<7, 2, 33>{size});
    check_rounds_once<Scalar>(mixing_backward<7, 2, 33>{size});
    check_rounds_once<Scalar>(mixing_backward<7, 2, 33>{size, result_write::add});
    check_rounds_once<Scalar>(normalizing<shared, 3, 64>{size});
    check_rounds_once<Scalar>(normalizing_backward<shared, 3, 64>{size});
    check_rounds_once<Scalar>(normalizing<own, 6, 8>{size});
    check_rounds_once<Scalar>(normalizing_backward<own, 6, 8>{size});
    check_rounds_once<Scalar>(rotating<rotary<>, 34>{size, 1});
    check_rounds_once<Scalar>(rotating<rotary<>, 34>{size, -1});
  }
}

TEST_CASE_TEMPLATE("projections of 16 bits and their gradients round their results and nothing else", Scalar, bfloat16,
                   float16) {
  constexpr projection_size sizes[] = {{1, 1, 1, 1}, {2, 3, 5, 7}, {2, 0, 5, 6}, {3, 40, 64, 96}, {1, 200, 130, 2}};
  for (const projection_size& size : sizes) {
    CAPTURE(size.tokens);
    CAPTURE(size.in);
    CAPTURE(projection_seed);
    host_workspace workspace;
    const auto results = project_on<reference_backend, Scalar, Scalar>(size, true, workspace);
    const auto exact = project_on<reference_backend, double, Scalar>(size, true, workspace);
    const auto rounds_once = [&](const auto& get, std::int64_t terms) {
      return rounded_once(get(results), get(exact), static_cast<double>(1 + terms));
    };
    const std::int64_t rows = size.batch * size.tokens;
    CHECK(rounds_once([](const auto& r) { return r.y; }, size.in));
    CHECK(rounds_once([](const auto& r) { return r.x_gradient; }, size.out));
    CHECK(rounds_once([](const auto& r) { return r.x_gradient_added; }, size.out));
    CHECK(rounds_once([](const auto& r) { return r.weight_gradient; }, rows));
    CHECK(rounds_once([](const auto& r) { return r.bias_gradient; }, rows));
  }
}

}  // namespace headwise::test
