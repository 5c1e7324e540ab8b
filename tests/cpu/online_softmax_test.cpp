// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <headwise/cpu/column_softmax.hpp>
#include <headwise/cpu/online_softmax.hpp>
#include <headwise/cpu/packing.hpp>
#include <limits>
#include <numbers>
#include <vector>

#include "support/compare.hpp"
#include "support/random.hpp"

namespace {

using state = headwise::cpu::online_softmax<double>;
constexpr double nothing = -std::numeric_limits<double>::infinity();

state state_of(std::vector<double> scores) {
  state s;
  const auto size = static_cast<std::size_t>(headwise::cpu::packet<double>::size);
  scores.resize((scores.size() + size - 1) / size * size, nothing);
  s.absorb(scores.data(), static_cast<std::int64_t>(scores.size()), 1.0, scores.data());
  return s;
}

double log_sum_of(const std::vector<double>& scores) {
  double sum = 0;
  for (const double score : scores) sum += std::exp(score * std::numbers::ln2);
  return std::log(sum);
}

}  // namespace

TEST_CASE("a row absorbed in pieces has the log-sum-exp of the whole row, in natural log") {
  headwise::test::random_numbers random(1);
  const auto scores = random.normals<double>(64, 3);
  std::vector<double> weights(scores.size());
  state s;
  for (std::int64_t first = 0; first < 64; first += 16)
    s.absorb(scores.data() + first, 16, 1.0, weights.data() + first);
  CHECK(headwise::test::equal_up_to_rounding(s.log_sum(), log_sum_of(scores)));
}

TEST_CASE("absorbing returns the factor for what was accumulated before") {
  const auto size = static_cast<std::int64_t>(headwise::cpu::packet<double>::size);
  std::vector<double> low(static_cast<std::size_t>(size), 1.0);
  std::vector<double> high(static_cast<std::size_t>(size), 3.0);
  state s;
  CHECK(s.absorb(low.data(), size, 1.0, low.data()) == 1.0);
  CHECK(s.absorb(high.data(), size, 1.0, high.data()) == 0.25);
  CHECK(high.front() == 1.0);
  CHECK(headwise::test::equal_up_to_rounding(s.sum, 1.25 * static_cast<double>(size)));
}

TEST_CASE("numbers are scaled on the way") {
  headwise::test::random_numbers random(3);
  const auto numbers = random.normals<double>(32, 3);
  std::vector<double> scores = numbers;
  for (double& score : scores) score *= 0.25;
  std::vector<double> weights(numbers.size());
  state s;
  s.absorb(numbers.data(), 32, 0.25, weights.data());
  CHECK(headwise::test::equal_up_to_rounding(s.log_sum(), log_sum_of(scores)));
  CHECK(s.largest == *std::max_element(scores.begin(), scores.end()));
}

TEST_CASE("weights of bfloat16 pairs are the weights, rounded; the sum is of the weights themselves") {
  using headwise::bfloat16;
  headwise::test::random_numbers random(6);
  const auto scores = random.normals<float>(64, 3);
  std::vector<float> weights(scores.size());
  std::vector<bfloat16> rounded(scores.size());
  headwise::cpu::online_softmax<float> exact;
  headwise::cpu::online_softmax<float> in_pairs;
  exact.absorb(scores.data(), 64, 1.0F, weights.data());
  in_pairs.absorb<headwise::cpu::bfloat16_pair>(scores.data(), 64, 1.0F, rounded.data());
  CHECK(in_pairs.largest == exact.largest);
  CHECK(std::fabs(in_pairs.sum - exact.sum) <= 0x1p-17F * exact.sum);
  for (std::size_t i = 0; i < scores.size(); ++i)
    CHECK(std::fabs(float{rounded[i]} - weights[i]) <= (0x1p-8F + 0x1p-17F) * weights[i]);
}

TEST_CASE("a row that sees nothing is empty, and stays so") {
  const state s = state_of({nothing, nothing});
  CHECK(s.log_sum() == nothing);
  CHECK(s.scale() == 0.0);
  state merged = s;
  merged.merge(state_of({nothing}));
  CHECK(merged.log_sum() == nothing);
  CHECK(merged.scale() == 0.0);
}

TEST_CASE("a score that is not a number makes the row one that is not") {
  const state s = state_of({1.0, std::numeric_limits<double>::quiet_NaN()});
  CHECK(std::isnan(s.log_sum()));
  CHECK(std::isnan(s.scale()));
}

TEST_CASE("merging states equals absorbing all scores, in any grouping and with empty parts") {
  headwise::test::random_numbers random(2);
  const auto a = random.normals<double>(20, 4);
  const auto b = random.normals<double>(5, 4);
  const auto c = random.normals<double>(33, 4);
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());

  state left = state_of(a);
  left.merge(state_of({nothing}));
  left.merge(state_of(b));
  left.merge(state_of(c));
  state right = state_of(b);
  right.merge(state_of(c));
  state whole;
  whole.merge(state_of(a));
  whole.merge(right);
  CHECK(headwise::test::equal_up_to_rounding(left.log_sum(), log_sum_of(all)));
  CHECK(headwise::test::equal_up_to_rounding(whole.log_sum(), log_sum_of(all)));
}

TEST_CASE("a packet of columns is absorbed as its rows are one by one") {
  constexpr auto size = static_cast<std::int64_t>(headwise::cpu::packet<double>::size);
  headwise::test::random_numbers random(4);
  const std::int64_t keys = 10;
  const std::int64_t step = size + 3;
  std::vector<state> columns(static_cast<std::size_t>(size));
  std::vector<state> rows(static_cast<std::size_t>(size));
  for (const double deviation : {1.0, 5.0, 0.2}) {
    std::vector<double> scores = random.normals<double>(keys * step, deviation);
    for (std::int64_t k = 0; k < keys; ++k) scores[static_cast<std::size_t>(k * step)] = nothing;
    const std::vector<double> before = scores;
    std::vector<double> factors(static_cast<std::size_t>(size));
    headwise::cpu::absorb_columns(scores.data(), keys, step, 0.5, columns.data(), scores.data(), factors.data());
    for (std::int64_t r = 0; r < size; ++r) {
      std::vector<double> row(static_cast<std::size_t>(headwise::cpu::rounded_up(keys, size)), nothing);
      for (std::int64_t k = 0; k < keys; ++k)
        row[static_cast<std::size_t>(k)] = before[static_cast<std::size_t>(k * step + r)];
      state& expected = rows[static_cast<std::size_t>(r)];
      CHECK(factors[static_cast<std::size_t>(r)] ==
            expected.absorb(row.data(), static_cast<std::int64_t>(row.size()), 0.5, row.data()));
      for (std::int64_t k = 0; k < keys; ++k)
        CHECK(scores[static_cast<std::size_t>(k * step + r)] == row[static_cast<std::size_t>(k)]);
      CHECK(columns[static_cast<std::size_t>(r)].largest == expected.largest);
      CHECK(headwise::test::equal_up_to_rounding(columns[static_cast<std::size_t>(r)].sum, expected.sum));
    }
    for (std::int64_t k = 0; k < keys; ++k)
      for (std::int64_t r = size; r < step; ++r)
        CHECK(scores[static_cast<std::size_t>(k * step + r)] == before[static_cast<std::size_t>(k * step + r)]);
  }
}

TEST_CASE("weights of columns may be pairs of keys, of which the last one stands alone") {
  using headwise::bfloat16;
  using headwise::cpu::bfloat16_pair;
  using float_state = headwise::cpu::online_softmax<float>;
  constexpr auto size = static_cast<std::int64_t>(headwise::cpu::packet<float>::size);
  headwise::test::random_numbers random(6);
  for (const std::int64_t keys : {1, 6, 9}) {
    const std::vector<float> scores = random.normals<float>(keys * size);
    std::vector<float> weights = scores;
    std::vector<bfloat16_pair> pairs(static_cast<std::size_t>((keys + 1) / 2 * size));
    std::vector<float_state> plain(static_cast<std::size_t>(size));
    std::vector<float_state> paired(static_cast<std::size_t>(size));
    std::vector<float> factors(static_cast<std::size_t>(size));
    headwise::cpu::absorb_columns(scores.data(), keys, size, 0.5F, plain.data(), weights.data(), factors.data());
    headwise::cpu::absorb_columns(scores.data(), keys, size, 0.5F, paired.data(), pairs.data(), factors.data());
    for (std::int64_t r = 0; r < size; ++r) {
      CHECK(paired[static_cast<std::size_t>(r)].sum == plain[static_cast<std::size_t>(r)].sum);
      for (std::int64_t k = 0; k < 2 * ((keys + 1) / 2); ++k) {
        const bfloat16_pair pair = pairs[static_cast<std::size_t>(k / 2 * size + r)];
        const float expected = k < keys ? weights[static_cast<std::size_t>(k * size + r)] : 0.0F;
        CHECK(float(k % 2 == 0 ? pair.first : pair.second) == float(bfloat16(expected)));
      }
    }
  }
}
