// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <headwise/core/host_allocator.hpp>
#include <headwise/cpu/upcoming_rows.hpp>
#include <set>
#include <vector>

namespace headwise::test {
namespace {

using cpu::row_delivery;
using cpu::upcoming_rows;

constexpr std::uintptr_t line = 64;

using numbers = std::vector<float, host_allocator<float>>;

std::set<std::uintptr_t> lines_of(const upcoming_rows<float>& rows) {
  std::set<std::uintptr_t> lines;
  for (std::int64_t part = 0; part < rows.parts; ++part)
    for (std::int64_t row = 0; row < rows.count; ++row)
      for (std::int64_t i = 0; i < rows.width; ++i)
        lines.insert(
            reinterpret_cast<std::uintptr_t>(rows.rows.data + row * rows.rows.row_step + part * rows.part_step + i) /
            line);
  return lines;
}

/// The lines that are asked for, and how many at a time at most.
struct delivered {
  std::set<std::uintptr_t> lines;
  std::size_t total = 0;
  std::size_t most = 0;
};
delivered deliver(const upcoming_rows<float>& rows, std::int64_t steps) {
  delivered all;
  row_delivery<> delivery(rows, steps);
  for (std::int64_t i = 0; i < steps; ++i) {
    std::size_t now = 0;
    delivery.step([&](std::uintptr_t address) {
      all.lines.insert(address / line);
      ++now;
    });
    all.total += now;
    all.most = std::max(all.most, now);
  }
  return all;
}

TEST_CASE("all lines of upcoming rows are asked for within the steps, evenly") {
  const numbers memory(std::size_t{1} << 16);
  for (const std::int64_t width : {16, 128, 80})
    for (const std::int64_t gap : {0, 48, 1008})
      for (const std::int64_t parts : {1, 3})
        for (const std::int64_t steps : {24, 64, 500}) {
          CAPTURE(width);
          CAPTURE(gap);
          CAPTURE(parts);
          CAPTURE(steps);
          // Rows start at a line, so that what lies behind one is not part of its last line.
          const upcoming_rows<float> rows{{memory.data(), width + gap}, width, 8, parts, 16000};
          const std::set<std::uintptr_t> needed = lines_of(rows);
          const delivered all = deliver(rows, steps);
          CHECK(std::includes(all.lines.begin(), all.lines.end(), needed.begin(), needed.end()));
          const auto even = (needed.size() + static_cast<std::size_t>(steps) - 1) / static_cast<std::size_t>(steps);
          CHECK(all.most <= 2 * even);
          // The last step of a row may reach over its end.
          CHECK(all.total < needed.size() + all.most * 8 * static_cast<std::size_t>(parts));
        }
}

TEST_CASE("rows that lie without a gap and are read in order need one line of eight") {
  const numbers memory(std::size_t{1} << 12);
  for (const std::int64_t width : {16, 128, 256, 80})
    for (const std::int64_t steps : {4, 24, 500}) {
      CAPTURE(width);
      CAPTURE(steps);
      const upcoming_rows<float> rows{{memory.data(), width}, width, 8, 1, 0, true};
      const delivered all = deliver(rows, steps);
      const std::set<std::uintptr_t> needed = lines_of(rows);
      std::set<std::uintptr_t> shown;
      for (std::uintptr_t at = *needed.begin(); at <= *needed.rbegin(); at += 8) shown.insert(at);
      CHECK(std::includes(all.lines.begin(), all.lines.end(), shown.begin(), shown.end()));
      CHECK(all.total < shown.size() + all.most);
    }
}

TEST_CASE("where nothing is upcoming, nothing is asked for") {
  CHECK(deliver({}, 10).total == 0);
  const numbers memory(100);
  CHECK(deliver({{memory.data(), 10}, 10, 0}, 10).total == 0);
  CHECK(deliver({{memory.data(), 10}, 0, 10}, 10).total == 0);
}

}  // namespace
}  // namespace headwise::test
