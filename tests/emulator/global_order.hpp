// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// Which block of a launch accesses what of global memory, and a fault for two blocks that access the same two bytes,
/// of which one writes: nothing orders them. Accesses of one byte are not looked at.
class global_order {
 public:
  void begin_launch() { several_ = ++latest_; }
  void begin_block() { ++latest_; }
  void load(const void* address, std::size_t bytes, const call_site& where) const;
  void store(const void* address, std::size_t bytes, const call_site& where) const;

 private:
  // Blocks are numbered over all launches; a launch has a number for several blocks, below those of its own.
  std::uint32_t latest_ = 0;
  std::uint32_t several_ = 0;
};

}  // namespace headwise::emulator
