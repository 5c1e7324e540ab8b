// SPDX-License-Identifier: Apache-2.0
#include "emulator/global_order.hpp"

#include <span>
#include <string>

#include "emulator/block.hpp"
#include "emulator/device_memory.hpp"

namespace headwise::emulator {

namespace {

std::span<block_accesses> cells_of(const void* address, std::size_t bytes) {
  return {accesses_of_blocks(address), bytes / bytes_of_cell};
}

[[noreturn]] void fail_unordered(const char* does, const char* did, const call_site& where) {
  fail_thread(std::string(does) + " global memory that another block " + did + " in the same launch", where);
}

}  // namespace

void global_order::load(const void* address, std::size_t bytes, const call_site& where) const {
  for (block_accesses& cell : cells_of(address, bytes)) {
    if (cell.stored > several_ && cell.stored != latest_) fail_unordered("reads", "writes", where);
    if (cell.loaded != latest_) cell.loaded = cell.loaded >= several_ ? several_ : latest_;
  }
}

void global_order::store(const void* address, std::size_t bytes, const call_site& where) const {
  for (block_accesses& cell : cells_of(address, bytes)) {
    if (cell.stored > several_ && cell.stored != latest_) fail_unordered("writes", "writes", where);
    if (cell.loaded >= several_ && cell.loaded != latest_) fail_unordered("writes", "reads", where);
    cell.stored = latest_;
  }
}

}  // namespace headwise::emulator
