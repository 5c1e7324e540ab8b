// SPDX-License-Identifier: Apache-2.0
#include "emulator/shared_memory.hpp"

#include <cstdint>
#include <cstring>
#include <new>
#include <string>

#include "emulator/block.hpp"
#include "emulator/device_functions.hpp"

namespace headwise::emulator {

namespace {

constexpr std::align_val_t alignment{128};

}  // namespace

shared_buffer::~shared_buffer() { ::operator delete(data_, alignment); }

void shared_buffer::resize(std::size_t bytes) {
  if (data_ != nullptr && bytes == bytes_) return;
  ::operator delete(data_, alignment);
  data_ = static_cast<std::byte*>(::operator new(bytes, alignment));
  bytes_ = bytes;
}

void shared_buffer::forget() { std::memset(data_, 0xff, bytes_); }

std::size_t shared_buffer::offset_of(const void* address, std::size_t bytes, const char* access,
                                     const call_site& where) const {
  // As numbers: an address outside has no place in the buffer. It wraps below it.
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(data_);
  if (offset >= bytes_ || bytes > bytes_ - offset)
    fail_thread(std::string(access) + " of " + std::to_string(bytes) + " bytes at offset " +
                    std::to_string(static_cast<std::intptr_t>(offset)) + " of " + std::to_string(bytes_) +
                    " bytes of shared memory",
                where);
  if (offset % bytes != 0)
    fail_thread(std::string(access) + " of " + std::to_string(bytes) + " bytes at offset " + std::to_string(offset) +
                    " of shared memory, which is no multiple of its size",
                where);
  return offset;
}

void before_shared_load(const void* address, std::size_t bytes, const call_site& where) {
  block& b = running_block();
  const std::size_t offset = b.shared.offset_of(address, bytes, "load_shared", where);
  b.order.read(b.warp(), b.lane(), offset, bytes, where);
  log_access(access_kind::shared_load, address, bytes, where);
}

void before_shared_store(const void* address, std::size_t bytes, const call_site& where) {
  block& b = running_block();
  const std::size_t offset = b.shared.offset_of(address, bytes, "store_shared", where);
  b.order.write(b.warp(), b.lane(), offset, bytes, where);
  log_access(access_kind::shared_store, address, bytes, where);
}

}  // namespace headwise::emulator
