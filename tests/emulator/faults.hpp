// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "emulator/fault.hpp"
#include "emulator/settings.hpp"

namespace headwise::test {

/// The text of the fault that a call ends by, empty for none.
template <typename Call>
std::string fault_of(const Call& call) {
  try {
    call();
  } catch (const emulator::fault& found) {
    return found.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Does it in many orders of the threads.
template <typename Call>
void for_many_seeds(const Call& call) {
  const std::uint64_t before = emulator::seed();
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    emulator::set_seed(seed);
    call();
  }
  emulator::set_seed(before);
}

/// The kernel is faulty in every order of the threads, and told so by a text that has this part.
template <typename Call>
void check_always_faulty(const std::string& part, const Call& call) {
  CAPTURE(part);
  for_many_seeds([&] {
    const std::string found = fault_of(call);
    CAPTURE(found);
    CHECK(contains(found, part));
    CHECK(contains(found, "seed " + std::to_string(emulator::seed()) + ":"));
  });
}

}  // namespace headwise::test
