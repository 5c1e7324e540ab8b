// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct plain : attention_variant<query_heads<1>, head_dim<16>> {};
struct capped : attention_variant<query_heads<1>, head_dim<16>, soft_cap<20>> {};

template <typename Setting, typename Fill>
void check_filled(std::int64_t queries, std::int64_t keys, const Fill& fill) {
  using scalar = typename Setting::scalar;
  auto tested =
      random_attend_tensors<typename Setting::variant, scalar>({.batch = 1, .queries = queries, .keys = keys}, 61);
  fill(tested);
  auto plain_run = tested;
  auto exact = converted<exact_type<scalar>>(tested);
  run_attend<typename Setting::backend>(tested);
  run_attend<reference_backend>(plain_run);
  run_attend<reference_backend>(exact);
  const attend_magnitudes m = magnitudes_of(exact);
  for_each_result(tested, [&](const std::string& name, const auto& values) {
    CAPTURE(name);
    CHECK(std::all_of(values.begin(), values.end(), [](auto value) { return std::isfinite(value); }));
  });
  CHECK(as_precise_as_plain(forward_factor, values_of(tested.out), values_of(plain_run.out), values_of(exact.out),
                            rounding_floor<scalar>(m.out)));
  CHECK(as_precise_as_plain(forward_factor, tested.lse.values, plain_run.lse.values, exact.lse.values,
                            rounding_floor<scalar>(m.lse)));
  CHECK(as_precise_as_plain(gradient_factor, values_of(tested.v_gradient), values_of(plain_run.v_gradient),
                            values_of(exact.v_gradient), rounding_floor<scalar>(m.v_gradient)));
}

using extreme_settings = settings_of<fast_backends, plain, capped>;

TEST_CASE_TEMPLATE_DEFINE("scores of ten thousand, equal scores and one dominant key stay finite and precise", Setting,
                          extreme) {
  check_filled<Setting>(40, 40, [](auto& t) {
    t.q.for_each([](auto& x) { x *= 100; });
    t.k.for_each([](auto& x) { x *= 30; });
  });
  check_filled<Setting>(40, 70, [](auto& t) { t.k.fill(0.25F); });
  check_filled<Setting>(20, 300, [](auto& t) {
    t.q.fill(4);
    t.k.for_each([](auto& x) { x /= 8; });
    for (int d = 0; d < 16; ++d) t.k.at(0, 123, 0, d) = 40;
  });
  check_filled<Setting>(20, 20, [](auto& t) { t.v.for_each([](auto& x) { x *= 1e30F; }); });
}
TEST_CASE_TEMPLATE_APPLY(extreme, extreme_settings);

TEST_CASE_TEMPLATE_DEFINE("sixty-four thousand keys are one softmax", Setting, many_keys) {
  check_filled<Setting>(1, 65536, [](auto&) {});
  check_filled<Setting>(20, 65536, [](auto& t) { t.k.fill(0.5F); });
}
TEST_CASE_TEMPLATE_APPLY(many_keys, extreme_settings);

}  // namespace headwise::test
