// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// The copies of one thread that are on their way. They arrive as late as they may: when the thread waits for them.
class async_copies {
 public:
  void start(std::byte* shared, const void* global, bool wanted, const call_site& where);
  void commit();
  /// All but the latest `pending` groups arrive.
  void wait(int pending, const call_site& where);
  /// Throws if copies are on their way when the thread ends.
  void require_none() const;
  void forget();

 private:
  struct copy_on_its_way {
    std::byte* shared;
    std::size_t offset;  // of the same place
    const void* global;  // null for zeros
    std::byte content[16];
    std::int64_t group;
    call_site where;
  };

  static void deliver(const copy_on_its_way& copy, const call_site& where);

  std::vector<copy_on_its_way> on_their_way_;
  std::int64_t committed_ = 0;
};

}  // namespace headwise::emulator
