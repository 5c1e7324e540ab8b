// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/core/host_device.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"
#include "support/dead_memory.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

/// Keys 2, 5, 8, ... are seen by nobody.
struct every_third_key_hidden {
  using slot = mask_slot;
  HEADWISE_HOST_DEVICE static constexpr bool visible(token_pair at) { return at.key % 3 != 2; }
};

struct windowed : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, sliding_window<4>> {};
struct wide_windowed : attention_variant<query_heads<1>, head_dim<64>, sliding_window<70>> {};
struct hidden_keys : attention_variant<query_heads<2>, head_dim<8>, value_dim<20>, every_third_key_hidden> {};
struct shared_causal : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, causal_mask> {};

template <typename Scalar>
inline constexpr Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();

/// A call whose dead memory holds a value, workspace included.
template <typename Setting>
auto run_over(typename Setting::scalar value, int workspace_byte, const attend_sizes& sizes) {
  attend_tensors<typename Setting::variant, typename Setting::scalar> t(
      sizes, attend_layouts::all(head_layout::padded_rows), value);
  t.fill_inputs(21);
  set_dead_memory(t, value);
  t.set_outputs(value);
  auto workspace = poisoned_workspace(1 << 23, workspace_byte);
  run_attend<typename Setting::backend>(t, workspace);
  CHECK(gaps_hold(value, t));
  return t;
}

/// Whether an element is what it is without the poison. Numbers of 16 bits may be taken in another way where NaNs are
/// met, and then are as close as two ways are.
template <typename Scalar>
bool same_result(Scalar a, Scalar b) {
  if constexpr (is_half_precision<Scalar>) {
    return equal_up_to_rounding(std::vector<Scalar>{a}, std::vector<Scalar>{b}, 1 + std::fabs(b)).holds;
  } else {
    return a == b;
  }
}

template <typename Setting>
void check_poison_shows_nowhere(const attend_sizes& sizes) {
  using scalar = typename Setting::scalar;
  CAPTURE(sizes);
  const auto clean = run_over<Setting>(scalar(0), 0, sizes);
  const auto poisoned = run_over<Setting>(nan<scalar>, 0xFF, sizes);
  if constexpr (is_half_precision<scalar>) {
    auto judged = poisoned;
    judged.q = clean.q;
    judged.k = clean.k;
    judged.v = clean.v;
    judged.out_gradient = clean.out_gradient;
    check_all(verdicts_of(judged));
  } else {
    for_each_result(poisoned, clean, [](const std::string& name, const auto& values, const auto& expected) {
      CAPTURE(name);
      CHECK(bitwise_equal(values, expected));
    });
  }
}

TEST_CASE_TEMPLATE_DEFINE("what no row sees may hold NaN: results are those over zeros", Setting, poison) {
  check_poison_shows_nowhere<Setting>({.batch = 2, .queries = 3, .keys = 40, .key_lengths = {17, 40}});
  check_poison_shows_nowhere<Setting>({.batch = 1, .queries = 1, .keys = 9, .key_lengths = {5}});
  check_poison_shows_nowhere<Setting>({.batch = 2, .queries = 100, .keys = 140, .key_lengths = {70, 140}});
}

TEST_CASE_TEMPLATE_DEFINE("what no row of long sequences sees may hold NaN: results are those over zeros", Setting,
                          poison_of_long_sequences) {
  check_poison_shows_nowhere<Setting>(
      {.batch = 2, .queries = 130, .keys = 300, .query_lengths = {130, 40}, .key_lengths = {130, 299}});
  check_poison_shows_nowhere<Setting>({.batch = 1, .queries = 100, .keys = 300, .key_lengths = {290}});
}

/// One NaN in a live input, and who has to notice: outputs, query gradients, key and value gradients by token.
struct notice {
  bool out;
  bool q_gradient;
};

template <typename Setting, typename Plant, typename Notices>
void check_live_nan(std::int64_t tokens, const Plant& plant, const Notices& notices) {
  using scalar = typename Setting::scalar;
  CAPTURE(tokens);
  auto clean = random_attend_tensors<shared_causal, scalar>({.batch = 1, .queries = tokens, .keys = tokens}, 22);
  auto spoiled = clean;
  plant(spoiled);
  backend_runner<typename Setting::backend>::attend(clean);
  backend_runner<typename Setting::backend>::attend(spoiled);
  for (std::int64_t n = 0; n < tokens; ++n)
    for (int h = 0; h < 2; ++h) {
      CAPTURE(n);
      const notice expected = notices(n, h);
      const auto any_nan = [&](const scalar* row) {
        return std::any_of(row, row + 16, [](scalar x) { return std::isnan(x); });
      };
      CHECK(any_nan(spoiled.out.view().row(0, n, h)) == expected.out);
      CHECK(any_nan(spoiled.q_gradient.view().row(0, n, h)) == expected.q_gradient);
      for (int d = 0; d < 16; ++d) {
        if (!expected.out) CHECK(same_result(spoiled.out.at(0, n, h, d), clean.out.at(0, n, h, d)));
        if (!expected.q_gradient)
          CHECK(same_result(spoiled.q_gradient.at(0, n, h, d), clean.q_gradient.at(0, n, h, d)));
      }
    }
}

/// A NaN in a live value, key or query reaches the rows that see it, and no other.
template <typename Setting>
void check_live_nans(std::int64_t tokens) {
  constexpr auto bad_number = nan<typename Setting::scalar>;
  const std::int64_t bad = tokens / 2;
  const auto seen = [&](std::int64_t n, int) { return notice{n >= bad, n >= bad}; };
  check_live_nan<Setting>(
      tokens, [&](auto& t) { t.v.at(0, bad, 0, 3) = bad_number; }, seen);
  check_live_nan<Setting>(
      tokens, [&](auto& t) { t.k.at(0, bad, 0, 3) = bad_number; }, seen);
  const auto own = [&](std::int64_t n, int h) { return notice{n == bad && h == 1, n == bad && h == 1}; };
  check_live_nan<Setting>(
      tokens, [&](auto& t) { t.q.at(0, bad, 1, 3) = bad_number; }, own);
  const auto backward = [&](std::int64_t n, int h) { return notice{false, n == bad && h == 1}; };
  check_live_nan<Setting>(
      tokens, [&](auto& t) { t.out_gradient.at(0, bad, 1, 3) = bad_number; }, backward);
}

/// A NaN in a query reaches the gradients of the keys it sees, and of no other.
template <typename Setting>
void check_nan_to_keys(std::int64_t tokens) {
  using scalar = typename Setting::scalar;
  CAPTURE(tokens);
  const std::int64_t bad = tokens / 2;
  auto clean = random_attend_tensors<shared_causal, scalar>({.batch = 1, .queries = tokens, .keys = tokens}, 23);
  auto spoiled = clean;
  spoiled.q.at(0, bad, 0, 1) = nan<scalar>;
  backend_runner<typename Setting::backend>::attend(clean);
  backend_runner<typename Setting::backend>::attend(spoiled);
  for (std::int64_t n = 0; n < tokens; ++n) {
    CAPTURE(n);
    CHECK(std::isnan(spoiled.v_gradient.at(0, n, 0, 0)) == (n <= bad));
    CHECK(std::isnan(spoiled.k_gradient.at(0, n, 0, 0)) == (n <= bad));
    if (n > bad) CHECK(same_result(spoiled.k_gradient.at(0, n, 0, 0), clean.k_gradient.at(0, n, 0, 0)));
  }
}

TEST_CASE_TEMPLATE_DEFINE("a NaN in a live number reaches what is made of it, and nothing else", Setting, live_nan) {
  for (const std::int64_t tokens : {4, 20, 150}) {
    check_live_nans<Setting>(tokens);
    check_nan_to_keys<Setting>(tokens);
  }
}

TEST_CASE_TEMPLATE_DEFINE("a NaN in a long sequence reaches what is made of it, and nothing else", Setting,
                          live_nan_of_long_sequences) {
  check_live_nans<Setting>(300);
  check_nan_to_keys<Setting>(300);
}

}  // namespace headwise::test
