// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>

#include "headwise/core/token_pair.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

/// One sequence and query head, as the loops over its tiles see it.
struct head_shape {
  int head;
  std::int64_t batch;
  std::int64_t queries;
  std::int64_t keys;

  query_token query(std::int64_t index) const { return query_at(index, head, batch, queries, keys); }
};

/// All that a variant has to say about scores: its mask, score modification and scale. Kernels ask for rows and columns
/// of tiles, never for single pairs, so that they can be compiled once for all variants and lose no time by it.
template <typename Real>
class score_rules {
 public:
  /// What does not change from row to row.
  struct constants {
    double scale;                ///< of <q, k>
    double softmax_scale;        ///< takes the numbers that softmax sees to units of log2, ready for exp2
    bool scales_before_softmax;  ///< whether products are scaled, and modified, before softmax sees them
    bool sees_whole_range;       ///< whether a query sees every key of its range
  };

  Real scale() const { return Real(constants_.scale); }
  Real softmax_scale() const { return Real(constants_.softmax_scale); }
  bool scales_before_softmax() const { return constants_.scales_before_softmax; }
  bool sees_whole_range() const { return constants_.sees_whole_range; }

  /// The existing keys outside of which a query sees nothing.
  virtual key_range visible_keys(const query_token& row) const = 0;
  /// Which of some keys in its range a query sees.
  virtual void find_visible_in_row(const query_token& row, std::int64_t first_key, std::int64_t count,
                                   bool* visible) const = 0;
  /// Hides the scores, `step` numbers apart, of those that it does not see.
  virtual void hide_in_row(const query_token& row, std::int64_t first_key, std::int64_t count, Real* scores,
                           std::int64_t step) const = 0;
  /// Clears a number of each row, first and second, for every query of some that does not see a key in its range.
  virtual void clear_in_column(const head_shape& shape, const key_range* ranges, std::int64_t first_query,
                               std::int64_t count, std::int64_t key, Real* first, Real* second) const = 0;
  /// Turns a query's products with keys [first_key, first_key + count), `step` numbers apart, into scores.
  virtual void modify_row(const query_token& row, std::int64_t first_key, std::int64_t count, Real* scores,
                          std::int64_t step) const = 0;
  /// Turns a key's products with queries into scores, and leaves the derivative of their modification by what was
  /// scaled. Where ranges are given, what is not visible is left to be anything.
  virtual void differentiate_column(const head_shape& shape, const key_range* ranges, std::int64_t first_query,
                                    std::int64_t count, std::int64_t key, Real* scores, Real* derivatives) const = 0;

  /// Clears a number of each row, first and second, for every query of some that does not see a key. The ranges of
  /// these queries are given.
  EIGEN_DONT_INLINE void clear_hidden(const head_shape& shape, const key_range* ranges, std::int64_t first_query,
                                      std::int64_t count, std::int64_t key, Real* first, Real* second) const {
    for (std::int64_t j = 0; j < count; ++j)
      if (key < ranges[j].begin || ranges[j].end <= key) first[j] = second[j] = Real(0);
    if (!sees_whole_range()) clear_in_column(shape, ranges, first_query, count, key, first, second);
  }

  /// The score of what a query does not see.
  static constexpr Real hidden = -std::numeric_limits<Real>::infinity();

  /// Brings one row of products, keys [first, first + count) and `step` numbers apart, to what softmax sees: scaled and
  /// modified where that comes first, and -inf where the query sees nothing. `range` are the keys that it may see;
  /// `all_visible` says that this is all of them.
  EIGEN_DONT_INLINE void finish(const query_token& row, key_range range, bool all_visible, std::int64_t first,
                                std::int64_t count, Real* scores, std::int64_t step = 1) const {
    if (all_visible && !scales_before_softmax()) return;
    // An empty range may lie anywhere, so that its distance to the first key may be no number.
    const key_range seen = intersection(range, {first, first + count});
    const std::int64_t begin = seen.size() > 0 ? seen.begin - first : 0;
    const std::int64_t end = begin + seen.size();
    if (scales_before_softmax()) modify_row(row, first + begin, end - begin, scores + begin * step, step);
    if (all_visible) return;
    const auto hide = [&](std::int64_t j) { scores[j * step] = hidden; };
    for_few(0, begin, hide);
    for_few(end, count, hide);
    if (!sees_whole_range()) hide_in_row(row, first + begin, end - begin, scores + begin * step, step);
  }

 protected:
  explicit score_rules(const constants& given) : constants_(given) {}
  score_rules(const score_rules&) = default;
  score_rules& operator=(const score_rules&) = default;
  ~score_rules() = default;

 private:
  constants constants_;
};

}  // namespace headwise::cpu
