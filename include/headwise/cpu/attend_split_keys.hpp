// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/split_few_rows.hpp"
#include "headwise/cpu/split_group.hpp"
#include "headwise/cpu/split_many_rows.hpp"

namespace headwise::cpu {

/// A call: `count` groups of up to `most_rows` rows, with up to `most_keys` keys that are `parts` heads long.
struct split_sizes {
  std::int64_t count;
  std::int64_t most_rows;
  std::int64_t parts;
  std::int64_t most_keys;
  std::int64_t head_dim;
  std::int64_t value_dim;
  std::int64_t most_together;  ///< neighbouring groups that one task may read together

  /// So many groups at most are read together.
  static constexpr std::int64_t most_neighbours = 32;
  /// Groups whose keys of one token take about a page of memory.
  template <typename T>
  static constexpr std::int64_t neighbours_of_page(std::int64_t head_dim) {
    return std::clamp<std::int64_t>(4096 / (head_dim * static_cast<std::int64_t>(sizeof(T))), 1, most_neighbours);
  }

  constexpr std::int64_t sums_size() const { return most_rows * parts * value_dim; }
  /// Keys of one split: whole blocks, or parts of one where there would be few tasks for all threads.
  constexpr std::int64_t split_size() const {
    constexpr std::int64_t most_splits = 64;
    constexpr std::int64_t tasks = 32;
    return std::min(rounded_up((most_keys + most_splits - 1) / most_splits, keys_of_block),
                    rounded_up((most_keys * count + tasks - 1) / tasks, keys_of_block / 6));
  }
  constexpr std::int64_t splits(std::int64_t keys) const {
    return split_size() == 0 ? 0 : (keys + split_size() - 1) / split_size();
  }
};

/// Attention of a few query rows that share their keys and values, as in decoding: the keys are split, each split is a
/// task that reads its keys and values once for all rows, and what the splits leave is merged in the order of the keys.
/// Where the keys are split depends on the sizes of the call alone, so results do not depend on threads.
template <typename T, typename F>
struct attend_split_keys {
  using group_type = split_group<T, F>;
  using Real = typename group_type::Real;
  using softmax_type = online_softmax<Real>;

  /// The scratch that a call takes with so many threads, in bytes.
  static constexpr std::size_t bytes(const split_sizes& of, int threads) {
    const std::int64_t scratches = threads * of.most_together;
    return host_workspace::bytes_for<split_row>(of.count * of.most_rows) +
           host_workspace::bytes_for<group_type>(of.count) + host_workspace::bytes_for<F>(of.count * query_size(of)) +
           host_workspace::bytes_for<Real>(of.count * of.splits(of.most_keys) * of.sums_size()) +
           host_workspace::bytes_for<softmax_type>(of.count * of.splits(of.most_keys) * padded_rows(of)) +
           host_workspace::bytes_for<Real*>(scratches) +
           static_cast<std::size_t>(scratches) * host_workspace::bytes_for<Real>(scratch_size(of));
  }

  attend_split_keys(host_workspace::frame& frame, const split_sizes& of)
      : of_(of),
        rows_(frame.take<split_row>(of.count * of.most_rows)),
        groups_(frame.take<group_type>(of.count)),
        queries_(frame.take<F>(of.count * query_size(of))),
        sums_(frame.take<Real>(of.count * of.splits(of.most_keys) * of.sums_size())),
        softmax_(frame.take<softmax_type>(of.count * of.splits(of.most_keys) * padded_rows(of))),
        scratch_(frame.take<Real*>(thread_count() * of.most_together)) {
    for (std::int64_t i = 0; i < thread_count() * of.most_together; ++i)
      scratch_[i] = frame.take<Real>(scratch_size(of));
  }

  /// Describes a group of a call: `rows_of_query` rows for every query of sequence b, with keys and values from this
  /// head on. Its rows and queries are left to fill in.
  const group_type& set_group(std::int64_t index, const attend_inputs<T, Real>& a, std::int64_t b,
                              std::int64_t rows_of_query, std::int64_t head) const {
    const std::int64_t live = a.live_queries(b);
    const std::int64_t keys = a.live_keys(b);
    groups_[index] = {&a.rules,
                      of_.head_dim,
                      of_.value_dim,
                      b,
                      live,
                      keys,
                      live * rows_of_query,
                      of_.parts,
                      is_many(of_),
                      rows_ + index * of_.most_rows,
                      queries_ + index * query_size(of_),
                      a.key_rows(b, head),
                      a.value_rows(b, head),
                      a.k.head_stride,
                      a.v.head_stride};
    if (is_many(of_)) groups_[index].clear_queries();
    return groups_[index];
  }

  /// Runs all splits of all groups in parallel, `together` neighbouring groups in one task, which should be those whose
  /// vectors follow each other in memory.
  void run(std::int64_t together) const {
    const std::int64_t blocks = (of_.count + together - 1) / together;
    const std::int64_t splits = of_.splits(of_.most_keys);
    parallel_for(blocks * splits, [&](std::int64_t task, int thread) {
      const std::int64_t first = task / splits * together;
      const std::int64_t count = std::min(together, of_.count - first);
      Real* const* scratch = scratch_ + thread * of_.most_together;
      if (is_many(of_))
        run_split<many_rows>(first, count, task % splits, scratch);
      else
        run_split<few_rows>(first, count, task % splits, scratch);
    });
  }

  /// Merges all splits of a group's row into the first one, and returns its softmax, an empty one if the row is not
  /// there; sums are not divided yet.
  softmax_type merge(std::int64_t index, std::int64_t r) const {
    const group_type& of = groups_[index];
    if (of.keys == 0 || r >= of.rows) return {};
    const auto [sums, softmax] = state(index, 0);
    softmax_type total = softmax[r];
    Real* row = sums + r * of.sums_of_row();
    for (std::int64_t split = 1; split < of_.splits(of.keys); ++split) {
      const split_state<Real> part = state(index, split);
      const auto [mine, other] = total.merge(part.softmax[r]);
      if (other == Real(0)) continue;
      const Real* part_row = part.sums + r * of.sums_of_row();
      for (std::int64_t d = 0; d < of.sums_of_row(); ++d) row[d] = mine * row[d] + other * part_row[d];
    }
    return total;
  }
  const Real* merged_row(std::int64_t index, std::int64_t r) const {
    return state(index, 0).sums + r * groups_[index].sums_of_row();
  }

 private:
  using few_rows = split_few_rows<T, F>;
  using many_rows = split_many_rows<T, F>;

  static constexpr bool is_many(const split_sizes& of) { return group_type::are_many(of.most_rows); }
  static constexpr std::int64_t padded_rows(const split_sizes& of) {
    return group_type::padded(of.most_rows, is_many(of));
  }
  static constexpr std::int64_t query_size(const split_sizes& of) {
    return padded_rows(of) * of.parts * elements_of<F>(of.head_dim);
  }
  static constexpr std::int64_t scratch_size(const split_sizes& of) {
    return is_many(of) ? many_rows::scratch_size(of.most_rows, of.head_dim, of.value_dim)
                       : few_rows::scratch_size(of.most_rows, of.head_dim);
  }

  split_state<Real> state(std::int64_t index, std::int64_t split) const {
    const std::int64_t at = index * of_.splits(of_.most_keys) + split;
    return {sums_ + at * of_.sums_size(), softmax_ + at * padded_rows(of_)};
  }

  /// Some groups against one split of the keys.
  template <typename Kernel>
  void run_split(std::int64_t first_group, std::int64_t count, std::int64_t split, Real* const* scratch) const {
    const auto kernel = [&](std::int64_t g) {
      return Kernel{groups_[first_group + g], state(first_group + g, split), scratch[g]};
    };
    visible_span spans[std::size_t{split_sizes::most_neighbours}];
    for (std::int64_t g = 0; g < count; ++g) {
      spans[g] = groups_[first_group + g].seen();
      groups_[first_group + g].clear(state(first_group + g, split));
    }
    const std::int64_t split_end = std::min((split + 1) * of_.split_size(), of_.most_keys);
    for (std::int64_t first = split * of_.split_size(); first < split_end; first += Kernel::block) {
      const key_range block{first, std::min(first + Kernel::block, split_end)};
      key_range seen[std::size_t{split_sizes::most_neighbours}] = {};
      for (std::int64_t g = 0; g < count; ++g) seen[g] = intersection(spans[g].any, block);
      const auto in_turns = [&](const auto& visit) {
        const std::int64_t turn = count == 1 ? Kernel::block : Kernel::turn;
        for (std::int64_t key = block.begin; key < block.end; key += turn)
          for (std::int64_t g = 0; g < count; ++g) {
            const key_range some = intersection(seen[g], {key, key + turn});
            if (some.size() > 0) visit(g, some);
          }
      };
      in_turns([&](std::int64_t g, key_range some) { kernel(g).find_scores(seen[g], some); });
      bool all_visible[std::size_t{split_sizes::most_neighbours}] = {};
      for (std::int64_t g = 0; g < count; ++g) {
        all_visible[g] = spans[g].all_see(seen[g]);
        if (seen[g].size() > 0) kernel(g).find_weights(seen[g], all_visible[g]);
      }
      in_turns([&](std::int64_t g, key_range some) { kernel(g).add_values(seen[g], some, all_visible[g]); });
    }
  }

  split_sizes of_;
  split_row* rows_;        ///< [count][most_rows]
  group_type* groups_;     ///< [count]
  F* queries_;             ///< [count][query_size]
  Real* sums_;             ///< [count][splits][sums_size]
  softmax_type* softmax_;  ///< [count][splits][padded rows]
  Real** scratch_;         ///< [threads][most_together]
};

}  // namespace headwise::cpu
