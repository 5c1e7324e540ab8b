// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/attend.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"

namespace headwise::test {

using numbers = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

// With the scale ln 2 weights are powers of two of <q, k>, so that results are simple fractions.
constexpr double ln2 = 0.69314718055994530942;
template <typename... Policies>
using powers_of_two =
    attention_variant<query_heads<1>, head_dim<1>, value_dim<2>, score_scale<ln2>, number_types<double>, Policies...>;

template <typename Variant>
attend_tensors<Variant, double> tensors_of(std::int64_t queries, std::int64_t keys, const numbers& q, const numbers& k,
                                           const numbers& v) {
  attend_tensors<Variant, double> t({.batch = 1, .queries = queries, .keys = keys});
  t.q.storage() = q;
  t.k.storage() = k;
  t.v.storage() = v;
  return t;
}

template <typename Variant>
struct attended {
  numbers out;
  numbers lse;

  explicit attended(attend_tensors<Variant, double> t) {
    reference::attend(t.forward_arguments());
    out = values_of(t.out);
    lse = t.lse.values;
  }
};

TEST_CASE("weights are the shares of exp(score)") {
  // Scores 0, 1, 2 times ln 2: weights 1/7, 2/7, 4/7.
  const attended result(tensors_of<powers_of_two<>>(1, 3, {1}, {0, 1, 2}, {7, 0, 14, 7, 21, 0}));
  CHECK(equal_up_to_rounding(result.out, numbers{1 + 4 + 12, 2}, 21));
  CHECK(equal_up_to_rounding(result.lse, numbers{std::log(7.0)}, 2));
}

TEST_CASE("one key gets all the weight") {
  const attended result(tensors_of<powers_of_two<>>(2, 1, {1, -3}, {2}, {5, -6}));
  CHECK(equal_up_to_rounding(result.out, numbers{5, -6, 5, -6}, 6));
  CHECK(equal_up_to_rounding(result.lse, numbers{2 * ln2, -6 * ln2}, 6));
}

TEST_CASE("a causal query does not see later keys") {
  const attended result(tensors_of<powers_of_two<causal_mask>>(3, 3, {1, 1, 1}, {0, 1, 2}, {7, 0, 14, 7, 21, 0}));
  CHECK(equal_up_to_rounding(result.out, numbers{7, 0, (7 + 28) / 3.0, 14 / 3.0, 17, 2}, 21));
  CHECK(equal_up_to_rounding(result.lse, numbers{0, std::log(3.0), std::log(7.0)}, 2));
}

TEST_CASE("a query that sees no key gives zeros and minus infinity") {
  const attended result(tensors_of<powers_of_two<causal_mask>>(3, 1, {1, 1, 1}, {0}, {7, 9}));
  CHECK(result.out == numbers{0, 0, 0, 0, 7, 9});
  CHECK(result.lse == numbers{-infinity, -infinity, 0});
}

TEST_CASE("a score of minus infinity is a masked key, and a row of nothing else sees no key") {
  // Scores -inf * 1 and 1; then -inf alone.
  const attended result(tensors_of<powers_of_two<>>(1, 2, {1}, {-infinity, 1}, {7, 9, 5, 6}));
  CHECK(result.out == numbers{5, 6});
  const attended nothing(tensors_of<powers_of_two<>>(1, 1, {1}, {-infinity}, {7, 9}));
  CHECK(nothing.out == numbers{0, 0});
  CHECK(nothing.lse == numbers{-infinity});
}

TEST_CASE("tokens past a length are not there") {
  auto t = tensors_of<powers_of_two<>>(2, 3, {1, 1}, {0, 1, 2}, {7, 0, 14, 7, 21, 0});
  t.sizes.query_lengths = {1};
  t.sizes.key_lengths = {2};
  const attended result(t);
  CHECK(equal_up_to_rounding(result.out, numbers{(7 + 28) / 3.0, 14 / 3.0, 0, 0}, 14));
  CHECK(result.lse[1] == -infinity);
}

struct shift_by_key {
  using slot = score_modification_slot;
  template <typename Real>
  static Real modify(Real score, token_pair at) {
    return score + Real(ln2) * Real(at.key);
  }
  template <typename Real>
  static Real derivative(Real /*score*/, token_pair /*at*/) {
    return 1;
  }
};

TEST_CASE("scores are modified before the softmax") {
  // Equal scores become 0, 1, 2 times ln 2.
  const attended result(tensors_of<powers_of_two<shift_by_key>>(1, 3, {0}, {5, 5, 5}, {7, 0, 14, 7, 21, 0}));
  CHECK(equal_up_to_rounding(result.out, numbers{17, 2}, 21));
}

TEST_CASE("every query head reads its composite head") {
  using grouped = attention_variant<query_heads<4>, composite_heads<2>, head_dim<1>, number_types<double>>;
  using dealt =
      attention_variant<query_heads<4>, composite_heads<2>, head_dim<1>, cyclic_head_map, number_types<double>>;
  CHECK(attended(tensors_of<grouped>(1, 1, {0, 0, 0, 0}, {0, 0}, {1, 2})).out == numbers{1, 1, 2, 2});
  CHECK(attended(tensors_of<dealt>(1, 1, {0, 0, 0, 0}, {0, 0}, {1, 2})).out == numbers{1, 2, 1, 2});
}

TEST_CASE("the default scale divides by the root of the head size") {
  using four_features = attention_variant<query_heads<1>, head_dim<4>, value_dim<1>, number_types<double>>;
  // <q, k> = 2 ln 2 times 1/2: weights 1/3 and 2/3.
  const attended result(tensors_of<four_features>(1, 2, {ln2, 0, ln2, 0}, {0, 0, 0, 0, 1, 5, 1, 5}, {3, 6}));
  CHECK(equal_up_to_rounding(result.out, numbers{5}, 6));
}

TEST_CASE("a missing lse is not written") {
  auto t = tensors_of<powers_of_two<>>(1, 3, {1}, {0, 1, 2}, {7, 0, 14, 7, 21, 0});
  auto arguments = t.forward_arguments();
  arguments.lse = {};
  reference::attend(arguments);
  CHECK(std::isnan(t.lse.values[0]));
  CHECK(equal_up_to_rounding(values_of(t.out), numbers{17, 2}, 21));
}

TEST_CASE("the backward of two equal keys") {
  // Weights 1/2 each, dout = (1, 0): dP = (4, 2), mean 3, so that the scores' gradients are 1/2 and -1/2, times ln 2.
  auto t = tensors_of<powers_of_two<>>(1, 2, {3}, {2, 2}, {4, 7, 2, 5});
  t.out_gradient.storage() = {1, 0};
  reference::attend(t.forward_arguments());
  reference::attend_backward(t.backward_arguments());
  CHECK(equal_up_to_rounding(values_of(t.v_gradient), numbers{0.5, 0, 0.5, 0}, 1));
  CHECK(equal_up_to_rounding(values_of(t.q_gradient), numbers{0}, 4));
  CHECK(equal_up_to_rounding(values_of(t.k_gradient), numbers{1.5 * ln2, -1.5 * ln2}, 4));
}

TEST_CASE("a gradient of the log-sum-exp is shared out by the weights") {
  auto t = tensors_of<powers_of_two<>>(1, 2, {3}, {2, 2}, {4, 7, 2, 5});
  t.lse_gradient.values = {10};
  reference::attend(t.forward_arguments());
  reference::attend_backward(t.backward_arguments());
  CHECK(equal_up_to_rounding(values_of(t.k_gradient), numbers{15 * ln2, 15 * ln2}, 20));
  CHECK(equal_up_to_rounding(values_of(t.q_gradient), numbers{20 * ln2}, 20));
  CHECK(all_zero(values_of(t.v_gradient)));
}

}  // namespace headwise::test
