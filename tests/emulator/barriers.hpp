// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "emulator/access_order.hpp"
#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// The 16 barriers of a block. Barrier 0 is that of sync_block.
class barriers {
 public:
  static constexpr int count = 16;

  enum class kind { sync_block, sync_threads };

  void reset();
  /// The running thread waits at a barrier until `threads` have come.
  void wait(kind instruction, int barrier, int threads, const call_site& where);
  /// Who waits at which barrier, empty if nobody does.
  std::string who_waits() const;

 private:
  struct barrier_state {
    kind instruction{};
    int needed = 0;
    std::vector<int> come;
    call_site where;
  };

  /// Throws if only a part of one has come.
  static access_order::warps warps_of(const barrier_state& state, const call_site& where);

  barrier_state states_[count];
};

}  // namespace headwise::emulator
