// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"

namespace headwise::cpu {

/// Where memory delivers a line: the nearest cache takes few at a time, and others arrive sooner by way of the second.
enum class delivered_to { nearest_cache, second_cache };

/// Asks memory for a line.
template <delivered_to To = delivered_to::second_cache>
EIGEN_ALWAYS_INLINE void ask_for_line(const void* address) {
  __builtin_prefetch(address, 0, To == delivered_to::nearest_cache ? 3 : 2);
}

/// Rows that are needed soon: `count` of them in each of `parts` places. None, unless said otherwise. Machines guess by
/// themselves what comes next where rows are read in order, and need to be shown the way to each, no more.
template <typename T>
struct upcoming_rows {
  row_factor<const T> rows{nullptr, 0};
  std::int64_t width = 0;
  std::int64_t count = 0;
  std::int64_t parts = 1;
  std::int64_t part_step = 0;
  bool in_order = false;  ///< whether they lie without a gap and will be read one after the other

  /// Bytes from one line that has to be asked for to the next one.
  std::int64_t pitch() const { return in_order ? 512 : 64; }
  /// Asks for a row of one part, if it is one of them.
  EIGEN_ALWAYS_INLINE void ask_for(std::int64_t row, std::int64_t part) const {
    if (row >= count || part >= parts) return;
    const T* const first = rows.data + row * rows.row_step + part * part_step;
    const std::int64_t step = pitch() / static_cast<std::int64_t>(sizeof(T));
    for (std::int64_t i = 0; i < width; i += step) ask_for_line(first + i);
  }
};

/// Has memory deliver upcoming rows while something else is computed, some lines with each of its steps: many at a time
/// would keep the caches from answering.
template <delivered_to To = delivered_to::second_cache>
class row_delivery {
 public:
  /// Of nothing.
  row_delivery() = default;
  template <typename T>
  row_delivery(const upcoming_rows<T>& upcoming, std::int64_t steps)
      : first_(reinterpret_cast<std::uintptr_t>(upcoming.rows.data)),
        row_step_(upcoming.rows.row_step * size<T>),
        part_step_(upcoming.part_step * size<T>),
        run_(upcoming.width * size<T>),
        runs_(upcoming.count),
        left_(upcoming.count * upcoming.parts),
        pitch_(upcoming.pitch()) {
    if (row_step_ == run_) {
      run_ *= runs_;
      left_ = runs_ == 0 ? 0 : upcoming.parts;
      runs_ = 1;
    }
    if (left_ == 0 || run_ == 0 || steps == 0) return;
    const std::int64_t asks_of_run = (run_ + pitch_ - 1) / pitch_;
    const std::int64_t steps_of_run = std::max<std::int64_t>(steps / left_, 1);
    asks_ = (asks_of_run + steps_of_run - 1) / steps_of_run;
    start_run(0, 0);
  }

  EIGEN_ALWAYS_INLINE void step() {
    step([](std::uintptr_t address) __attribute__((always_inline)) {
      ask_for_line<To>(reinterpret_cast<const void*>(address));  // NOLINT(performance-no-int-to-ptr)
    });
  }
  /// The same with another way to ask for the line at an address, which may lie a little behind the rows.
  template <typename Ask>
  EIGEN_ALWAYS_INLINE void step(const Ask& ask) {
    for (std::int64_t i = 0; i < asks_; ++i) ask(next_ + static_cast<std::uintptr_t>(i * pitch_));
    next_ += static_cast<std::uintptr_t>(asks_ * pitch_);
    if (next_ >= run_end_) end_run();
  }

 private:
  template <typename T>
  static constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  static constexpr std::uintptr_t never = std::numeric_limits<std::uintptr_t>::max();

  void start_run(std::int64_t row, std::int64_t part) {
    row_ = row;
    part_ = part;
    next_ = first_ + static_cast<std::uintptr_t>(row * row_step_ + part * part_step_);
    run_end_ = next_ + static_cast<std::uintptr_t>(run_);
  }
  void end_run() {
    if (--left_ == 0) {
      asks_ = 0;
      run_end_ = never;
    } else if (row_ + 1 < runs_) {
      start_run(row_ + 1, part_);
    } else {
      start_run(0, part_ + 1);
    }
  }

  std::uintptr_t first_ = 0;
  std::int64_t row_step_ = 0;
  std::int64_t part_step_ = 0;
  std::int64_t run_ = 0;   ///< bytes without a gap
  std::int64_t runs_ = 0;  ///< of a part
  std::int64_t left_ = 0;  ///< runs of all parts that are not done
  std::int64_t row_ = 0;
  std::int64_t part_ = 0;
  std::uintptr_t next_ = 0;
  std::uintptr_t run_end_ = never;
  std::int64_t pitch_ = 0;
  std::int64_t asks_ = 0;  ///< a step
};

/// Asks for upcoming rows, `Rows` of them with each step: for what reads as many rows in a step itself.
template <typename T, int Rows>
struct rows_in_turn {
  const upcoming_rows<T>* upcoming;  ///< null where nothing is
  std::int64_t next;

  EIGEN_ALWAYS_INLINE void step() {
    if (upcoming != nullptr)
      for (int i = 0; i < Rows; ++i) upcoming->ask_for(next + i, 0);
    next += Rows;
  }
};

/// Several deliveries side by side.
template <int Count, delivered_to To = delivered_to::second_cache>
struct row_deliveries {
  std::array<row_delivery<To>, std::size_t{Count}> all;

  EIGEN_ALWAYS_INLINE void step() {
    unroll<Count>([&](int i) __attribute__((always_inline)) { all[static_cast<std::size_t>(i)].step(); });
  }
};

}  // namespace headwise::cpu
