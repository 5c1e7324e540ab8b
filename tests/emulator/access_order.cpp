// SPDX-License-Identifier: Apache-2.0
#include "emulator/access_order.hpp"

#include <algorithm>
#include <string>

#include "emulator/block.hpp"

namespace headwise::emulator {

namespace {

std::string name_of(int warp, int lane) {
  if (lane == access_order::all_lanes) return "warp " + std::to_string(warp);
  return "thread " + std::to_string(warp * warp_lanes + lane);
}

template <typename Access>
[[noreturn]] void fail_unordered(const Access& earlier, const char* did, const Access& later, const char* does) {
  fail_thread(std::string(does) + " shared memory that " + name_of(earlier.warp, earlier.lane) + " " + did + " at " +
                  numbered_site(earlier.site).text() + ", with no barrier between",
              numbered_site(later.site));
}

template <typename Access>
[[noreturn]] void fail_awaiting(const Access& copy, const Access& later, const char* does) {
  fail_thread(std::string(does) + " shared memory where a copy is on its way that " + name_of(copy.warp, copy.lane) +
                  " started at " + numbered_site(copy.site).text(),
              numbered_site(later.site));
}

}  // namespace

void access_order::resize(int warp_count, std::size_t shared_bytes) {
  warp_count_ = static_cast<std::size_t>(warp_count);
  chunks_.assign((shared_bytes + chunk_bytes - 1) / chunk_bytes, chunk{});
  std::fill_n(now_, most_warps, 1U);
  for (auto& of_warp : seen_) std::fill_n(of_warp, most_warps, 0U);
}

void access_order::barrier(const warps& come) {
  std::uint32_t known[most_warps] = {};
  for (std::size_t warp = 0; warp < warp_count_; ++warp) {
    if (!come[warp]) continue;
    for (std::size_t other = 0; other < warp_count_; ++other) known[other] = std::max(known[other], seen_[warp][other]);
    known[warp] = std::max(known[warp], now_[warp]);
  }
  for (std::size_t warp = 0; warp < warp_count_; ++warp) {
    if (!come[warp]) continue;
    std::copy_n(known, warp_count_, seen_[warp]);
    ++now_[warp];
  }
}

bool access_order::before(const access& earlier, const access& later) const {
  if (earlier.warp != later.warp) return earlier.time <= seen_[later.warp][earlier.warp];
  return earlier.lane == later.lane || earlier.time < later.time;
}

access_order::access access_order::access_by(int warp, int lane, const call_site& where) const {
  return {now_[warp], number_of(where), static_cast<std::uint8_t>(warp), static_cast<std::uint8_t>(lane)};
}

void access_order::read_cell(cell& place, const access& now) const {
  if (place.awaits_copy) fail_awaiting(place.write, now, "reads");
  if (!before(place.write, now)) fail_unordered(place.write, "wrote", now, "reads");
  for (access& earlier : place.reads)
    if (before(earlier, now)) {
      earlier = now;
      return;
    }
  if (place.reads[0].warp == place.reads[1].warp) place.reads[1] = now;
}

void access_order::write_cell(cell& place, const access& now) const {
  if (place.awaits_copy) fail_awaiting(place.write, now, "writes");
  if (!before(place.write, now)) fail_unordered(place.write, "wrote", now, "writes");
  for (const access& read : place.reads)
    if (!before(read, now)) fail_unordered(read, "read", now, "writes");
  // Whoever comes after this write comes after them as well.
  place = {now, {}, false};
}

template <typename Action>
void access_order::for_each_cell(std::size_t offset, std::size_t bytes, const Action& act) {
  if (bytes < cell_bytes) return;
  chunk& of = chunks_[offset / chunk_bytes];
  if (bytes < chunk_bytes && of.together) {
    std::fill_n(of.cells + 1, chunk_cells - 1, of.cells[0]);
    of.together = false;
  }
  const std::size_t first = offset % chunk_bytes / cell_bytes;
  const std::size_t count = of.together ? 1 : bytes / cell_bytes;
  for (std::size_t c = first; c < first + count; ++c) act(of.cells[c]);
}

void access_order::read(int warp, int lane, std::size_t offset, std::size_t bytes, const call_site& where) {
  const access now = access_by(warp, lane, where);
  for_each_cell(offset, bytes, [&](cell& place) { read_cell(place, now); });
}

void access_order::write(int warp, int lane, std::size_t offset, std::size_t bytes, const call_site& where) {
  const access now = access_by(warp, lane, where);
  for_each_cell(offset, bytes, [&](cell& place) { write_cell(place, now); });
  if (bytes == chunk_bytes) chunks_[offset / chunk_bytes].together = true;
}

void access_order::start_copy(int warp, int lane, std::size_t offset, const call_site& where) {
  write(warp, lane, offset, chunk_bytes, where);
  chunks_[offset / chunk_bytes].cells[0].awaits_copy = true;
}

void access_order::end_copy(int warp, int lane, std::size_t offset, const call_site& where) {
  chunk& of = chunks_[offset / chunk_bytes];
  of.together = true;
  of.cells[0] = {access_by(warp, lane, where), {}, false};
}

}  // namespace headwise::emulator
