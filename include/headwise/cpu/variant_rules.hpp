// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include <Eigen/Core>

#include "headwise/composed_variant.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/cpu/score_rules.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cpu {

/// The rules of a variant's scores, of one call, whose policies they refer to.
template <typename Variant, typename Real>
class variant_rules final : public score_rules<Real> {
  using mask_type = typename Variant::mask;
  using modification = typename Variant::score_modification;
  static constexpr bool modifies = headwise::detail::modifies_scores<modification>;

 public:
  variant_rules(const mask_type& mask, const modification& score)
      : score_rules<Real>(constants_of_variant()), mask_(&mask), rules_(rules_of_heads(score)) {}

  EIGEN_DONT_INLINE key_range visible_keys(const query_token& row) const override {
    return headwise::detail::visible_keys_of(*mask_, row);
  }

  EIGEN_DONT_INLINE void find_visible_in_row(const query_token& row, std::int64_t first_key, std::int64_t count,
                                             bool* visible) const override {
    for (std::int64_t j = 0; j < count; ++j) visible[j] = sees(pair_of(row, first_key + j));
  }
  EIGEN_DONT_INLINE void hide_in_row(const query_token& row, std::int64_t first_key, std::int64_t count, Real* scores,
                                     std::int64_t step) const override {
    for_each_score(count, scores, step, [&](std::int64_t j, Real& score) {
      if (!sees(pair_of(row, first_key + j))) score = score_rules<Real>::hidden;
    });
  }
  EIGEN_DONT_INLINE void clear_in_column(const head_shape& shape, const key_range* ranges, std::int64_t first_query,
                                         std::int64_t count, std::int64_t key, Real* first,
                                         Real* second) const override {
    const auto clear = [&](std::int64_t j) {
      if (!sees(pair_of(shape.query(first_query + j), key))) first[j] = second[j] = Real(0);
    };
    // A mask is asked about keys in a range alone, and without a question before each it may take many at once.
    if (all_contain(ranges, count, key))
      for (std::int64_t j = 0; j < count; ++j) clear(j);
    else
      for (std::int64_t j = 0; j < count; ++j)
        if (ranges[j].contains(key)) clear(j);
  }

  EIGEN_DONT_INLINE void modify_row(const query_token& row, std::int64_t first_key, std::int64_t count, Real* scores,
                                    std::int64_t step) const override {
    for_each_score(count, scores, step, [&](std::int64_t j, Real& score) {
      score *= Real(Variant::scale);
      if constexpr (modifies) score = rule_of(row.head).modify(score, pair_of(row, first_key + j));
    });
  }

  EIGEN_DONT_INLINE void differentiate_column(const head_shape& shape, const key_range* ranges,
                                              std::int64_t first_query, std::int64_t count, std::int64_t key,
                                              Real* scores, Real* derivatives) const override {
    const auto differentiate = [&](std::int64_t j) {
      const Real score = scores[j] * Real(Variant::scale);
      if constexpr (modifies) {
        const token_pair at = pair_of(shape.query(first_query + j), key);
        derivatives[j] = rule_of(shape.head).derivative(score, at);
        scores[j] = rule_of(shape.head).modify(score, at);
      } else {
        derivatives[j] = 1;
        scores[j] = score;
      }
    };
    if (!modifies || headwise::detail::takes_any_pair<modification> || ranges == nullptr) {
      for (std::int64_t j = 0; j < count; ++j) differentiate(j);
    } else {
      for (std::int64_t j = 0; j < count; ++j)
        if (ranges[j].contains(key) && sees(pair_of(shape.query(first_query + j), key))) differentiate(j);
    }
  }

 private:
  static constexpr typename score_rules<Real>::constants constants_of_variant() {
    // A modification has to see scores in natural units, and with a scale that is not positive the largest product is
    // not the largest score. Elsewhere softmax scales on the way.
    const bool scales_before_softmax = modifies || !(Variant::scale > 0);
    return {Variant::scale, (scales_before_softmax ? 1.0 : Variant::scale) * std::numbers::log2e, scales_before_softmax,
            headwise::detail::sees_whole_range<mask_type>};
  }

  /// Scores beside each other are what compilers make vectors of.
  template <typename Visit>
  EIGEN_ALWAYS_INLINE static void for_each_score(std::int64_t count, Real* scores, std::int64_t step,
                                                 const Visit& visit) {
    if (step == 1)
      for (std::int64_t j = 0; j < count; ++j) visit(j, scores[j]);
    else
      for (std::int64_t j = 0; j < count; ++j) visit(j, scores[j * step]);
  }

  bool sees(const token_pair& at) const { return headwise::detail::visible_in_range(*mask_, at); }

  static bool all_contain(const key_range* ranges, std::int64_t count, std::int64_t key) {
    std::int64_t containing = 0;
    for (std::int64_t j = 0; j < count; ++j) containing += ranges[j].contains(key) ? 1 : 0;
    return containing == count;
  }

  /// What is worth computing once for every head; a modification that has nothing of the kind is referred to.
  static auto rules_of_heads(const modification& score) {
    constexpr int heads = Variant::query_heads;
    if constexpr (requires { score.for_head(0, heads); })
      return [&]<int... Head>(std::integer_sequence<int, Head...> /*heads*/) {
        return std::array{score.for_head(Head, heads)...};
      }
    (std::make_integer_sequence<int, heads>{});
    else return &score;
  }
  const auto& rule_of(int head) const {
    if constexpr (requires { rules_.size(); })
      return rules_[static_cast<std::size_t>(head)];
    else
      return *rules_;
  }

  const mask_type* mask_;
  decltype(rules_of_heads(std::declval<const modification&>())) rules_;
};

}  // namespace headwise::cpu
