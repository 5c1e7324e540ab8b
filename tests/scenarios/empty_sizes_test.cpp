// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/backends.hpp"

namespace headwise::test {

struct causal : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, causal_mask> {};
struct scattered : attention_variant<query_heads<2>, head_dim<5>, value_dim<3>, alibi> {};

/// Every output is written: zeros, and minus infinity for log-sum-exp.
template <typename Backend, typename Variant>
void check_all_empty(const attend_sizes& sizes) {
  CAPTURE(sizes);
  auto t = random_attend_tensors<Variant, double>(sizes, 31);
  run_attend<Backend>(t);
  for_each_result(t, [&](const std::string& name, const std::vector<double>& values) {
    CAPTURE(name);
    const double expected = name == "lse" ? -std::numeric_limits<double>::infinity() : 0.0;
    for (const double value : values) CHECK(value == expected);
  });
}

TEST_CASE_ON_EVERY_BACKEND("without keys, queries or sequences every output is written, with nothing in it") {
  for (const std::int64_t some : {1, 3, 200}) {
    check_all_empty<Backend, causal>({.batch = 0, .queries = some, .keys = some});
    check_all_empty<Backend, causal>({.batch = 2, .queries = 0, .keys = some});
    check_all_empty<Backend, causal>({.batch = 2, .queries = some, .keys = 0});
    check_all_empty<Backend, scattered>({.batch = 2, .queries = some, .keys = 0});
    check_all_empty<Backend, scattered>({.batch = 0, .queries = 0, .keys = 0});
    check_all_empty<Backend, causal>(
        {.batch = 2, .queries = some, .keys = some, .query_lengths = {0, 0}, .key_lengths = {0, 0}});
    check_all_empty<Backend, scattered>({.batch = 2, .queries = 1, .keys = 1, .key_lengths = {0, 0}});
  }
}

TEST_CASE_ON_EVERY_BACKEND("empty sequences in a batch leave the others as they are") {
  for (const std::int64_t tokens : {2, 130}) {
    const attend_sizes mixed{.batch = 4,
                             .queries = tokens,
                             .keys = tokens,
                             .query_lengths = {tokens, 0, tokens, tokens},
                             .key_lengths = {tokens, tokens, 0, tokens}};
    auto with_empty = random_attend_tensors<causal, double>(mixed, 32);
    auto full = random_attend_tensors<causal, double>({.batch = 4, .queries = tokens, .keys = tokens}, 32);
    run_attend<Backend>(with_empty);
    run_attend<Backend>(full);
    for (std::int64_t b = 0; b < 4; ++b)
      for (std::int64_t n = 0; n < tokens; ++n)
        for (int h = 0; h < 4; ++h) {
          const bool live = b == 0 || b == 3;
          CHECK(with_empty.out.at(b, n, h, 0) == (live ? full.out.at(b, n, h, 0) : 0.0));
          CHECK(with_empty.q_gradient.at(b, n, h, 0) == (live ? full.q_gradient.at(b, n, h, 0) : 0.0));
          if (h < 2) {
            CHECK(with_empty.k_gradient.at(b, n, h, 0) == (live ? full.k_gradient.at(b, n, h, 0) : 0.0));
            CHECK(with_empty.v_gradient.at(b, n, h, 0) == (live ? full.v_gradient.at(b, n, h, 0) : 0.0));
          }
        }
  }
}

}  // namespace headwise::test
