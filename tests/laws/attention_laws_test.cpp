// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/gradient_check.hpp"

namespace headwise::test {

template <typename... Policies>
using two_heads = attention_variant<query_heads<2>, head_dim<8>, Policies...>;
struct full : two_heads<> {};
struct causal : two_heads<causal_mask> {};
struct causal_from_top : two_heads<causal_mask_top_left> {};
struct wide_window : two_heads<sliding_window<1000>> {};
struct huge_cap : two_heads<soft_cap<1e12>> {};
struct own_scale : two_heads<score_scale<0.25>> {};

template <typename Backend, typename Variant>
attend_tensors<Variant, double> ran(const attend_sizes& sizes, std::uint64_t seed = 121) {
  auto t = random_attend_tensors<Variant, double>(sizes, seed);
  run_attend<Backend>(t);
  return t;
}

template <typename A, typename B>
void check_equal(const A& a, const B& b, double magnitude) {
  CHECK(equal_up_to_rounding<double>(values_of(a.out), values_of(b.out), magnitude));
  CHECK(equal_up_to_rounding<double>(a.lse.values, b.lse.values, magnitude));
  CHECK(equal_up_to_rounding<double>(values_of(a.q_gradient), values_of(b.q_gradient), magnitude));
  CHECK(equal_up_to_rounding<double>(values_of(a.k_gradient), values_of(b.k_gradient), magnitude));
}

TEST_CASE_ON_EVERY_BACKEND("the weights of a row sum to one") {
  for (const std::int64_t tokens : {1, 7, 200}) {
    auto t = random_attend_tensors<causal, double>({.batch = 1, .queries = tokens, .keys = tokens}, 122);
    t.v.fill(1.0);
    typename Backend::workspace workspace;
    Backend::attend(t.forward_arguments(), workspace);
    // The weights are added up in one order, and divided by their sum in another.
    for (const double value : values_of(t.out)) CHECK(equal_up_to_rounding(value, 1, 4));
  }
}

TEST_CASE_ON_EVERY_BACKEND("log-sum-exp is the natural log of the sum of exponentials of scaled scores") {
  auto t = ran<Backend, own_scale>({.batch = 1, .queries = 3, .keys = 30});
  for (int h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < 3; ++n) {
      double sum = 0;
      double largest_terms = 0;
      for (std::int64_t key = 0; key < 30; ++key) {
        weighted_sum score;
        for (int d = 0; d < 8; ++d) score.add({t.q.at(0, n, h, d)}, {t.k.at(0, key, h, d)});
        sum += std::exp(0.25 * score.value);
        largest_terms = std::max(largest_terms, 0.25 * score.magnitude);
      }
      CHECK(equal_up_to_rounding(t.lse.view().row(0, h)[n], std::log(sum), 1 + largest_terms));
    }
}

TEST_CASE_ON_EVERY_BACKEND("a causal output does not change, bit by bit, when later tokens do") {
  for (const std::int64_t tokens : {9, 150}) {
    const attend_sizes sizes{.batch = 1, .queries = tokens, .keys = tokens};
    auto t = random_attend_tensors<causal, double>(sizes, 123);
    auto changed = t;
    const std::int64_t first = tokens / 2;
    for (std::int64_t n = first; n < tokens; ++n)
      for (int h = 0; h < 2; ++h)
        for (int d = 0; d < 8; ++d) changed.k.at(0, n, h, d) = changed.v.at(0, n, h, d) = 5;
    run_attend<Backend>(t);
    run_attend<Backend>(changed);
    bool same = true;
    for (std::int64_t n = 0; n < first; ++n)
      for (int d = 0; d < 8; ++d) same = same && t.out.at(0, n, 1, d) == changed.out.at(0, n, 1, d);
    CHECK(same);
    CHECK(t.out.at(0, tokens - 1, 1, 0) != changed.out.at(0, tokens - 1, 1, 0));
  }
}

TEST_CASE_ON_EVERY_BACKEND("a single query sees everything, causal or not, aligned bottom-right") {
  const attend_sizes sizes{.batch = 2, .queries = 1, .keys = 40};
  check_equal(ran<Backend, causal>(sizes), ran<Backend, full>(sizes), 100);
  CHECK(largest_error(values_of(ran<Backend, causal_from_top>(sizes).out), values_of(ran<Backend, full>(sizes).out))
            .error > 1e-3);
}

TEST_CASE_ON_EVERY_BACKEND("both alignments are the same for as many queries as keys, and no window is as wide") {
  const attend_sizes sizes{.batch = 1, .queries = 130, .keys = 130};
  check_equal(ran<Backend, causal_from_top>(sizes), ran<Backend, causal>(sizes), 1000);
  check_equal(ran<Backend, wide_window>(sizes), ran<Backend, causal>(sizes), 1000);
}

TEST_CASE_ON_EVERY_BACKEND("a huge cap caps nothing") {
  const attend_sizes sizes{.batch = 1, .queries = 20, .keys = 30};
  // cap * tanh(s / cap) rounds s / cap first.
  check_equal(ran<Backend, huge_cap>(sizes), ran<Backend, full>(sizes), 1000);
}

TEST_CASE_ON_EVERY_BACKEND("heads exchanged in give heads exchanged out") {
  const attend_sizes sizes{.batch = 1, .queries = 20, .keys = 30};
  auto t = random_attend_tensors<full, double>(sizes, 124);
  auto exchanged = t;
  const auto exchange = [](auto& tensor) {
    for (std::int64_t n = 0; n < tensor.tokens(); ++n)
      for (int d = 0; d < 8; ++d) std::swap(tensor.at(0, n, 0, d), tensor.at(0, n, 1, d));
  };
  exchange(exchanged.q);
  exchange(exchanged.k);
  exchange(exchanged.v);
  run_attend<Backend>(t);
  run_attend<Backend>(exchanged);
  exchange(t.out);
  CHECK(bitwise_equal(values_of(exchanged.out), values_of(t.out)));
}

TEST_CASE_ON_EVERY_BACKEND("behind a norm without epsilon, outputs and their gradients are orthogonal") {
  constexpr norm_settings exact{.epsilon = 0};
  random_numbers random(125);
  auto x = random_tensor<double, 3, 8>(1, 40, random);
  const auto dy = random_tensor<double, 3, 8>(1, 40, random);
  const auto gain = random.normals<double>(8);
  head_tensor<double, 3, 8> dx(1, 40);
  std::vector<double> dgain(8);
  typename Backend::workspace workspace;
  Backend::template normalize_heads_backward<exact>(x.view(), std::span<const double>(gain), dy.view(), dx.view(),
                                                    std::span<double>(dgain), workspace);
  for (std::int64_t n = 0; n < 40; ++n)
    for (int h = 0; h < 3; ++h) {
      double product = 0;
      for (int d = 0; d < 8; ++d) product += x.at(0, n, h, d) * dx.at(0, n, h, d);
      CHECK(std::fabs(product) < rounding_floor<double>(50));
    }
}

TEST_CASE_ON_EVERY_BACKEND("scaling a head does not change its normalised output") {
  constexpr norm_settings exact{.epsilon = 0};
  random_numbers random(126);
  auto x = random_tensor<double, 3, 8>(1, 40, random);
  const auto gain = random.normals<double>(8);
  head_tensor<double, 3, 8> y(1, 40);
  head_tensor<double, 3, 8> scaled(1, 40);
  typename Backend::workspace workspace;
  Backend::template normalize_heads<exact>(x.view(), std::span<const double>(gain), y.view(), workspace);
  x.for_each([](double& value) { value *= 1e-3; });
  Backend::template normalize_heads<exact>(x.view(), std::span<const double>(gain), scaled.view(), workspace);
  CHECK(equal_up_to_rounding<double>(values_of(scaled), values_of(y), 10));
}

}  // namespace headwise::test
