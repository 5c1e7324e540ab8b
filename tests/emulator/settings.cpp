// SPDX-License-Identifier: Apache-2.0
#include "emulator/settings.hpp"

#include <cstdlib>

#include "headwise/core/error.hpp"

namespace headwise::emulator {

namespace {

std::uint64_t first_seed() {
  const char* text = std::getenv("HEADWISE_EMULATOR_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

struct device_settings {
  std::uint64_t seed = first_seed();
  std::size_t most_shared_bytes = std::size_t{163} * 1024;
  bool cut_sums = false;
  /// By kind of request, how many go well before one fails; negative for all.
  int until_failure[4] = {-1, -1, -1, -1};
};

device_settings& settings() {
  static device_settings all;
  return all;
}

constexpr const char* failures[4] = {"cudaErrorMemoryAllocation (out of memory)",
                                     "cudaErrorInvalidValue (invalid argument)",
                                     "cudaErrorLaunchOutOfResources (too many resources requested for launch)",
                                     "cudaErrorIllegalAddress (an illegal memory access was encountered)"};

}  // namespace

std::uint64_t seed() { return settings().seed; }
void set_seed(std::uint64_t seed) { settings().seed = seed; }
std::size_t most_shared_bytes() { return settings().most_shared_bytes; }
void set_most_shared_bytes(std::size_t bytes) { settings().most_shared_bytes = bytes; }

bool cut_sums() { return settings().cut_sums; }
void set_cut_sums(bool cut) { settings().cut_sums = cut; }

void fail_next(request kind, int others) { settings().until_failure[static_cast<int>(kind)] = others; }

void fail_if_asked(request kind, const char* what) {
  int& others = settings().until_failure[static_cast<int>(kind)];
  if (others < 0) return;
  if (others-- == 0) throw error(what, failures[static_cast<int>(kind)], "cudaSuccess");
}

}  // namespace headwise::emulator
