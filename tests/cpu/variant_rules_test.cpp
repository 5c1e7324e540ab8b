// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/variant_rules.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "headwise/attention_variant.hpp"

namespace headwise::test {

/// A range, and a hole in it.
struct window_with_holes {
  using slot = mask_slot;
  static key_range visible_keys(query_token at) { return {at.query - 80, at.query + 1}; }
  static bool visible(token_pair at) { return at.key % 5 != at.query % 5; }
};

/// A modification without anything to compute once for a head, which counts how often it is copied.
struct counted_bias {
  using slot = score_modification_slot;
  int* copies = nullptr;
  counted_bias() = default;
  explicit counted_bias(int* counter) : copies(counter) {}
  counted_bias(const counted_bias& other) : copies(other.copies) { ++*copies; }
  counted_bias& operator=(const counted_bias&) = default;
  ~counted_bias() = default;
  template <typename Real>
  static Real modify(Real score, token_pair at) {
    return score + Real(at.key);
  }
  template <typename Real>
  static Real derivative(Real /*score*/, token_pair /*at*/) {
    return 1;
  }
};

template <typename... Policies>
using two_heads = attention_variant<query_heads<2>, head_dim<4>, Policies...>;

using plain = two_heads<>;
using negative = two_heads<score_scale<-0.5>>;
using with_slopes = two_heads<alibi, causal_mask>;
using with_holes = two_heads<window_with_holes>;
using with_counted_bias = two_heads<counted_bias>;

/// Rules with policies to refer to.
template <typename Variant>
struct owned_rules {
  typename Variant::mask mask{};
  typename Variant::score_modification score{};
  cpu::variant_rules<Variant, double> rules{mask, score};
};

constexpr double hidden = -std::numeric_limits<double>::infinity();

TEST_CASE("softmax scales products unless something has to see scores before, or their order turns around") {
  const owned_rules<plain> of_plain;
  CHECK_FALSE(of_plain.rules.scales_before_softmax());
  CHECK(of_plain.rules.softmax_scale() == doctest::Approx(plain::scale * std::numbers::log2e));
  const owned_rules<negative> of_negative;
  CHECK(of_negative.rules.scales_before_softmax());
  CHECK(of_negative.rules.softmax_scale() == std::numbers::log2e);
  CHECK(owned_rules<with_slopes>{}.rules.scales_before_softmax());
}

TEST_CASE("a row of products becomes scores where it is seen, and -inf elsewhere, beside each other and with gaps") {
  const owned_rules<with_slopes> owned;
  const auto& rules = owned.rules;
  for (const std::int64_t step : {1, 3})
    for (const int head : {0, 1}) {
      const query_token row = query_at(150, head, 0, 200, 200);
      std::vector<double> scores(static_cast<std::size_t>(100 * step), 7.0);
      rules.finish(row, rules.visible_keys(row), false, 60, 100, scores.data(), step);
      for (std::int64_t at = 0; at < 100 * step; ++at) {
        const std::int64_t key = 60 + at / step;
        const double score = 7 * with_slopes::scale - alibi::slope(head, 2) * static_cast<double>(150 - key);
        const double expected = at % step != 0 ? 7.0 : key <= 150 ? score : hidden;
        // -inf is no approximation of itself.
        if (expected == hidden)
          CHECK(scores[static_cast<std::size_t>(at)] == hidden);
        else
          CHECK(scores[static_cast<std::size_t>(at)] == doctest::Approx(expected));
      }
    }
}

TEST_CASE("keys that a mask takes out of a range are hidden one by one, however long the row is") {
  const owned_rules<with_holes> owned;
  const auto& rules = owned.rules;
  const query_token row = query_at(150, 1, 0, 200, 200);
  std::vector<double> scores(200, 7.0);
  rules.finish(row, rules.visible_keys(row), false, 0, 200, scores.data());
  for (std::int64_t key = 0; key < 200; ++key)
    CHECK(scores[static_cast<std::size_t>(key)] == (key >= 70 && key <= 150 && key % 5 != 0 ? 7.0 : hidden));
}

TEST_CASE("a column loses what queries do not see, whether a range or the mask within it says so") {
  const owned_rules<with_holes> of_holes;
  const owned_rules<with_slopes> of_range;
  const cpu::head_shape shape{1, 0, 190, 200};
  constexpr std::int64_t count = 64;
  key_range ranges[std::size_t{count}];
  const auto check_column = [&](const cpu::score_rules<double>& rules, std::int64_t first_query, std::int64_t key) {
    for (std::int64_t i = 0; i < count; ++i) ranges[i] = rules.visible_keys(shape.query(first_query + i));
    std::vector<double> first(std::size_t{count}, 3.0);
    std::vector<double> second(std::size_t{count}, std::numeric_limits<double>::quiet_NaN());
    rules.clear_hidden(shape, ranges, first_query, count, key, first.data(), second.data());
    for (std::int64_t i = 0; i < count; ++i) {
      bool seen = false;
      if (ranges[i].contains(key)) rules.find_visible_in_row(shape.query(first_query + i), key, 1, &seen);
      CHECK(first[static_cast<std::size_t>(i)] == (seen ? 3.0 : 0.0));
      CHECK(std::isnan(second[static_cast<std::size_t>(i)]) == seen);
    }
  };
  for (const std::int64_t first : {0, 3, 120})
    for (const std::int64_t key : {0, 10, 77, 130}) {
      check_column(of_holes.rules, first, key);
      check_column(of_range.rules, first, key);
    }
}

TEST_CASE("a column of products becomes scores, with the derivative of their modification by what was scaled") {
  using capped = two_heads<soft_cap<2.0>>;
  const owned_rules<capped> owned;
  const auto& rules = owned.rules;
  const cpu::head_shape shape{0, 0, 8, 8};
  std::vector<double> scores{-9, -1, 0, 0.5, 30};
  const std::vector<double> products = scores;
  std::vector<double> derivatives(scores.size());
  rules.differentiate_column(shape, nullptr, 0, 5, 3, scores.data(), derivatives.data());
  for (std::size_t j = 0; j < products.size(); ++j) {
    const double bounded = std::tanh(products[j] * capped::scale / 2);
    CHECK(scores[j] == doctest::Approx(2 * bounded));
    CHECK(derivatives[j] == doctest::Approx(1 - bounded * bounded));
  }
}

TEST_CASE("a modification is referred to and not copied, however many heads and rows ask it") {
  int copies = 0;
  const counted_bias bias(&copies);
  const full_mask mask;
  const cpu::variant_rules<with_counted_bias, float> rules(mask, bias);
  float scores[4] = {};
  for (const int head : {0, 1}) rules.modify_row(query_at(3, head, 0, 4, 4), 0, 4, scores, 1);
  CHECK(copies == 0);
}

}  // namespace headwise::test
