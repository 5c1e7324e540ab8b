// SPDX-License-Identifier: Apache-2.0
#include "emulator/async_copies.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "emulator/block.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/device_memory.hpp"
#include "emulator/global_memory.hpp"
#include "emulator/left_out.hpp"

namespace headwise::emulator {

namespace {

constexpr std::size_t copied_bytes = 16;

}  // namespace

/// The source is read now, so that a bad address is found where it is given, and must be the same on arrival, as the
/// device reads it at any time between.
void async_copies::start(std::byte* shared, const void* global, bool wanted, const call_site& where) {
  block& b = running_block();
  const std::size_t offset = b.shared.offset_of(shared, copied_bytes, "copy_async", where);
  if (reinterpret_cast<std::uintptr_t>(global) % copied_bytes != 0)
    fail_thread("copy_async from an address that is no multiple of 16", where);
  copy_on_its_way copy{shared, offset, wanted ? global : nullptr, {}, committed_, where};
  if (wanted) {
    require_global(global, copied_bytes, "copy_async", where);
    b.global.load(global, copied_bytes, where);
    log_access(access_kind::copy_from_global, global, copied_bytes, where);
    std::memcpy(copy.content, place_on_host(global), copied_bytes);
  }
  log_access(access_kind::copy_to_shared, shared, copied_bytes, where);
  b.order.start_copy(b.warp(), b.lane(), offset, where);
  on_their_way_.push_back(copy);
  std::memset(shared, 0xff, copied_bytes);
}

void async_copies::commit() { ++committed_; }

void async_copies::wait(int pending, const call_site& where) {
  const std::int64_t arriving = committed_ - pending;
  const auto rest = std::find_if(on_their_way_.begin(), on_their_way_.end(),
                                 [&](const copy_on_its_way& copy) { return copy.group >= arriving; });
  std::for_each(on_their_way_.begin(), rest, [&](const copy_on_its_way& copy) { deliver(copy, where); });
  on_their_way_.erase(on_their_way_.begin(), rest);
}

void async_copies::deliver(const copy_on_its_way& copy, const call_site& where) {
  if (copy.global != nullptr && std::memcmp(copy.content, place_on_host(copy.global), copied_bytes) != 0)
    fail_thread("the source of the copy_async at " + copy.where.text() + " changed while it was copied", where);
  block& b = running_block();
  b.order.end_copy(b.warp(), b.lane(), copy.offset, where);
  std::memcpy(copy.shared, copy.content, copied_bytes);
}

void async_copies::require_none() const {
  if (on_their_way_.empty()) return;
  const copy_on_its_way& first = on_their_way_.front();
  fail_thread(std::string("ends while copies are on their way, the first of ") +
                  (first.group < committed_ ? "a committed" : "an uncommitted") + " group",
              first.where);
}

void async_copies::forget() {
  on_their_way_.clear();
  committed_ = 0;
}

void copy_async(std::byte* shared, const void* global, bool wanted, const call_site& where) {
  block& b = running_block();
  b.copies[static_cast<std::size_t>(b.threads.current())].start(shared, global, wanted, where);
}

void commit_copies() {
  block& b = running_block();
  b.copies[static_cast<std::size_t>(b.threads.current())].commit();
}

void wait_for_copies(int pending, const call_site& where) {
  if (left_out(where)) return;
  block& b = running_block();
  b.copies[static_cast<std::size_t>(b.threads.current())].wait(pending, where);
}

}  // namespace headwise::emulator
