// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "headwise/attention_variant.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct extreme_scores : attention_variant<query_heads<1>, head_dim<16>> {};
struct extreme_capped_scores : attention_variant<query_heads<1>, head_dim<16>, soft_cap<20>> {};

/// Results are finite, and those of forward and the gradients of values are precise.
template <typename Setting, typename Fill>
void check_filled(std::int64_t queries, std::int64_t keys, const Fill& fill) {
  using variant = typename Setting::variant;
  auto tested =
      random_attend_tensors<variant, typename Setting::scalar>({.batch = 1, .queries = queries, .keys = keys}, 61);
  fill(tested);
  backend_runner<typename Setting::backend>::attend(tested);
  for_each_result(tested, [&](const std::string& name, const auto& values) {
    CAPTURE(name);
    CHECK(all_finite(values));
  });
  for (const named_verdict& v : verdicts_of(tested)) {
    // Gradients through scores of ten thousand are differences that may lose all digits.
    if (v.name == "q_gradient" || v.name == "k_gradient") continue;
    CAPTURE(v.name);
    CHECK(v.outcome);
  }
}

/// Every element times a factor.
template <typename Tensor>
void scale(Tensor& tensor, float factor) {
  tensor.for_each([&](auto& x) {
    using number = std::remove_reference_t<decltype(x)>;
    x = static_cast<number>(x * static_cast<sum_type<number>>(factor));
  });
}

TEST_CASE_TEMPLATE_DEFINE("scores of ten thousand, equal scores and one dominant key stay finite and precise", Setting,
                          extreme_logits) {
  using scalar = typename Setting::scalar;
  check_filled<Setting>(40, 40, [](auto& t) {
    scale(t.q, 100);
    scale(t.k, 30);
  });
  check_filled<Setting>(40, 70, [](auto& t) { t.k.fill(scalar(0.25F)); });
  check_filled<Setting>(20, 300, [](auto& t) {
    t.q.fill(scalar(4.0F));
    scale(t.k, 0.125F);
    for (int d = 0; d < 16; ++d) t.k.at(0, 123, 0, d) = scalar(40.0F);
  });
  // Numbers of float16 end at 65,504.
  check_filled<Setting>(20, 20, [](auto& t) { scale(t.v, std::is_same_v<scalar, float16> ? 1e3F : 1e30F); });
}

TEST_CASE_TEMPLATE_DEFINE("of scores of ten thousand million the largest ones have all the weight", Setting,
                          ten_thousand_million) {
  using scalar = typename Setting::scalar;
  // Products of these are exact in float, and scores a long way from each other unless they are equal.
  const auto number = [](std::int64_t integer) { return scalar(static_cast<float>(8192 * integer)); };
  for (int query = 1; query <= 7; ++query) {
    CAPTURE(query);
    auto tested = random_attend_tensors<extreme_scores, scalar>({.batch = 1, .queries = 60, .keys = 90}, 62);
    tested.q.fill(number(query));
    for (std::int64_t n = 0; n < tested.sizes.keys; ++n)
      for (int d = 0; d < 16; ++d) tested.k.at(0, n, 0, d) = number(n % 9 == 7 ? 7 : n % 9 - 5);
    backend_runner<typename Setting::backend>::attend(tested);
    for (const named_verdict& v : verdicts_of(tested)) {
      // Gradients are worked out from scores that are known to a thousand.
      if (v.name != "out" && v.name != "lse") continue;
      CAPTURE(v.name);
      CHECK(v.outcome);
    }
  }
}

TEST_CASE_TEMPLATE_DEFINE("sixty-four thousand keys are one softmax", Setting, many_keys) {
  using scalar = typename Setting::scalar;
  check_filled<Setting>(1, 65536, [](auto&) {});
  check_filled<Setting>(20, 65536, [](auto& t) { t.k.fill(scalar(0.5F)); });
}

}  // namespace headwise::test
