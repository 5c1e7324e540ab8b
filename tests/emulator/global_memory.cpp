// SPDX-License-Identifier: Apache-2.0
#include "emulator/global_memory.hpp"

#include <cstdint>
#include <string>

#include "emulator/block.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/device_memory.hpp"

namespace headwise::emulator {

void require_global(const void* address, std::size_t bytes, const char* access, const call_site& where) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0)
    fail_thread(std::string(access) + " of " + std::to_string(bytes) + " bytes at an address that is no multiple of it",
                where);
  if (!in_device_memory(address, bytes))
    fail_thread(std::string(access) + " of " + std::to_string(bytes) + " bytes outside of all device memory", where);
}

void before_global_load(const void* address, std::size_t bytes, const call_site& where) {
  require_global(address, bytes, "load_global", where);
  running_block().global.load(address, bytes, where);
  log_access(access_kind::global_load, address, bytes, where);
}

void before_global_store(const void* address, std::size_t bytes, const call_site& where) {
  require_global(address, bytes, "store_global", where);
  running_block().global.store(address, bytes, where);
  log_access(access_kind::global_store, address, bytes, where);
}

}  // namespace headwise::emulator
