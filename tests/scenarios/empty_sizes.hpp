// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct grouped_causal : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, causal_mask> {};
struct odd_biased : attention_variant<query_heads<2>, head_dim<5>, value_dim<3>, alibi> {};

/// Every output is written: zeros, and minus infinity for log-sum-exp.
template <typename Setting>
void check_all_empty(const attend_sizes& sizes) {
  CAPTURE(sizes);
  auto t = random_attend_tensors<typename Setting::variant, typename Setting::scalar>(sizes, 31);
  backend_runner<typename Setting::backend>::attend(t);
  for_each_result(t, [&](const std::string& name, const auto& values) {
    CAPTURE(name);
    const double expected = name == "lse" ? -std::numeric_limits<double>::infinity() : 0.0;
    for (const auto value : values) CHECK(static_cast<double>(value) == expected);
  });
}

TEST_CASE_TEMPLATE_DEFINE("without keys, queries or sequences every output is written, with nothing in it", Setting,
                          all_empty) {
  for (const std::int64_t some : {1, 3, 200}) {
    check_all_empty<Setting>({.batch = 0, .queries = some, .keys = some});
    check_all_empty<Setting>({.batch = 2, .queries = 0, .keys = some});
    check_all_empty<Setting>({.batch = 2, .queries = some, .keys = 0});
    check_all_empty<Setting>({.batch = 0, .queries = 0, .keys = 0});
    check_all_empty<Setting>(
        {.batch = 2, .queries = some, .keys = some, .query_lengths = {0, 0}, .key_lengths = {0, 0}});
    check_all_empty<Setting>({.batch = 2, .queries = 1, .keys = 1, .key_lengths = {0, 0}});
  }
}

TEST_CASE_TEMPLATE_DEFINE("empty sequences in a batch leave the others as they are", Setting, some_empty) {
  using scalar = typename Setting::scalar;
  for (const std::int64_t tokens : {2, 130}) {
    const attend_sizes mixed{.batch = 4,
                             .queries = tokens,
                             .keys = tokens,
                             .query_lengths = {tokens, 0, tokens, tokens},
                             .key_lengths = {tokens, tokens, 0, tokens}};
    auto with_empty = random_attend_tensors<grouped_causal, scalar>(mixed, 32);
    auto full = random_attend_tensors<grouped_causal, scalar>({.batch = 4, .queries = tokens, .keys = tokens}, 32);
    backend_runner<typename Setting::backend>::attend(with_empty);
    backend_runner<typename Setting::backend>::attend(full);
    const auto check_sequences = [&](const auto& found, const auto& whole) {
      for (std::int64_t b = 0; b < 4; ++b)
        for (std::int64_t n = 0; n < tokens; ++n)
          for (int h = 0; h < found.view().heads; ++h)
            CHECK(found.at(b, n, h, 0) == (b == 0 || b == 3 ? whole.at(b, n, h, 0) : scalar(0)));
    };
    check_sequences(with_empty.out, full.out);
    check_sequences(with_empty.q_gradient, full.q_gradient);
    check_sequences(with_empty.k_gradient, full.k_gradient);
    check_sequences(with_empty.v_gradient, full.v_gradient);
  }
}

}  // namespace headwise::test
