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

  EIGEN_DONT_INLINE visible_bits visible_in_row(const query_token& row, std::int64_t first_key,
                                                std::int64_t count) const override {
    return visible_bits_of(count, [&](std::int64_t j) { return sees(pair_of(row, first_key + j)); });
  }
  EIGEN_DONT_INLINE visible_bits visible_in_column(const head_shape& shape, const key_range* ranges,
                                                   std::int64_t first_query, std::int64_t count,
                                                   std::int64_t key) const override {
    return visible_bits_of(count, [&](std::int64_t j) {
      return ranges[j].contains(key) && sees(pair_of(shape.query(first_query + j), key));
    });
  }

  EIGEN_DONT_INLINE void modify_row(const query_token& row, std::int64_t first_key, std::int64_t count, Real* scores,
                                    std::int64_t step) const override {
    const auto modify = [&](std::int64_t j) {
      Real& score = scores[j * step];
      score *= Real(Variant::scale);
      if constexpr (modifies) score = rule_of(row.head).modify(score, pair_of(row, first_key + j));
    };
    for (std::int64_t j = 0; j < count; ++j) modify(j);
  }

  EIGEN_DONT_INLINE void differentiate_column(const head_shape& shape, std::int64_t first_query, std::int64_t count,
                                              std::int64_t key, visible_bits visible, Real* scores,
                                              Real* derivatives) const override {
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
    if (!modifies || headwise::detail::takes_any_pair<modification> || visible == all_visible_bits(count)) {
      for (std::int64_t j = 0; j < count; ++j) differentiate(j);
    } else {
      for (std::int64_t j = 0; j < count; ++j)
        if (is_visible(visible, j)) differentiate(j);
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

  bool sees(const token_pair& at) const { return headwise::detail::visible_in_range(*mask_, at); }
  template <typename Sees>
  static visible_bits visible_bits_of(std::int64_t count, const Sees& sees) {
    visible_bits bits = 0;
    for (std::int64_t j = 0; j < count; ++j) bits |= visible_bits{sees(j)} << j;
    return bits;
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
