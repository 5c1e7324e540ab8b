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

/// Rows that are needed soon: `count` of them in each of `parts` places. None, unless said otherwise.
template <typename T>
struct upcoming_rows {
  row_factor<const T> rows{nullptr, 0};
  std::int64_t width = 0;
  std::int64_t count = 0;
  std::int64_t parts = 1;
  std::int64_t part_step = 0;
};

/// Has memory deliver upcoming rows while something else is computed, some lines with each of its steps: many at a time
/// would keep the nearest cache from answering. Machines guess by themselves what comes next only where rows are read
/// one after the other, and once.
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
        left_(upcoming.count * upcoming.parts) {
    if (row_step_ == run_) {
      run_ *= runs_;
      left_ = runs_ == 0 ? 0 : upcoming.parts;
      runs_ = 1;
    }
    if (left_ == 0 || run_ == 0 || steps == 0) return;
    const std::int64_t lines_of_run = (run_ + line - 1) / line;
    const std::int64_t steps_of_run = std::max<std::int64_t>(steps / left_, 1);
    lines_ = (lines_of_run + steps_of_run - 1) / steps_of_run;
    start_run(0, 0);
  }

  EIGEN_ALWAYS_INLINE void step() {
    step([](std::uintptr_t address) __attribute__((always_inline)) {
      __builtin_prefetch(reinterpret_cast<const void*>(address));  // NOLINT(performance-no-int-to-ptr)
    });
  }
  /// The same with another way to ask for the line at an address, which may lie a little behind the rows.
  template <typename Ask>
  EIGEN_ALWAYS_INLINE void step(const Ask& ask) {
    for (std::int64_t i = 0; i < lines_; ++i) ask(next_ + static_cast<std::uintptr_t>(i * line));
    next_ += static_cast<std::uintptr_t>(lines_ * line);
    if (next_ >= run_end_) end_run();
  }

 private:
  static constexpr std::int64_t line = 64;
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
      lines_ = 0;
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
  std::int64_t lines_ = 0;  ///< a step
};

/// Several deliveries side by side.
template <int Count>
struct row_deliveries {
  std::array<row_delivery, std::size_t{Count}> all;

  EIGEN_ALWAYS_INLINE void step() {
    unroll<Count>([&](int i) __attribute__((always_inline)) { all[static_cast<std::size_t>(i)].step(); });
  }
};

}  // namespace headwise::cpu
