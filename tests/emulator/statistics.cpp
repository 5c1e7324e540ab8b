// SPDX-License-Identifier: Apache-2.0
#include "emulator/statistics.hpp"

#include <map>
#include <utility>

#include "emulator/counters.hpp"

namespace headwise::emulator {

namespace {

/// An instruction of shared memory has conflicts, one of global memory has sectors.
struct site_counts {
  shared_traffic shared;
  global_traffic global;
};

struct kernel_counts {
  statistics total;
  std::map<std::pair<std::uint16_t, access_kind>, site_counts> by_site;
};

struct all_counts {
  std::map<std::string, kernel_counts> kernels;
  kernel_counts* running = nullptr;
  bool counting = false;
};

all_counts& counts() {
  static all_counts all;
  return all;
}

shared_traffic* shared_part(statistics& total, access_kind kind) {
  switch (kind) {
    case access_kind::matrix_load:
      return &total.matrix_loads;
    case access_kind::shared_load:
      return &total.shared_loads;
    case access_kind::shared_store:
      return &total.shared_stores;
    case access_kind::copy_to_shared:
      return &total.copies_to_shared;
    default:
      return nullptr;
  }
}

global_traffic& global_part(statistics& total, access_kind kind) {
  switch (kind) {
    case access_kind::global_load:
      return total.global_loads;
    case access_kind::global_store:
      return total.global_stores;
    default:
      return total.copies_from_global;
  }
}

const char* name_of(access_kind kind) {
  constexpr const char* names[] = {"load_matrices", "load_shared",          "store_shared",          "load_global",
                                   "store_global",  "copy_async to shared", "copy_async from global"};
  return names[static_cast<int>(kind)];
}

}  // namespace

void count_from_now() {
  counts().kernels.clear();
  counts().running = nullptr;
  counts().counting = true;
}

void stop_counting() { counts().counting = false; }

bool counting() { return counts().counting; }

void count_for(const std::string& kernel) {
  if (counting()) counts().running = &counts().kernels[kernel];
}

void count_one(std::int64_t statistics::*what) {
  if (counting()) ++(counts().running->total.*what);
}

void count_access(access_kind kind, std::uint16_t site, const warp_access& access) {
  kernel_counts& kernel = *counts().running;
  site_counts& here = kernel.by_site[{site, kind}];
  if (shared_traffic* shared = shared_part(kernel.total, kind)) {
    const std::int64_t conflicts = bank_conflicts(access);
    for (shared_traffic* sum : {shared, &here.shared}) {
      ++sum->instructions;
      sum->conflicts += conflicts;
    }
    return;
  }
  const global_traffic traffic = sectors_of(access);
  for (global_traffic* sum : {&global_part(kernel.total, kind), &here.global}) {
    ++sum->instructions;
    sum->sectors += traffic.sectors;
    sum->fewest_sectors += traffic.fewest_sectors;
  }
}

statistics statistics_of(const std::string& kernel) {
  const auto found = counts().kernels.find(kernel);
  return found == counts().kernels.end() ? statistics{} : found->second.total;
}

std::string accesses_of(const std::string& kernel) {
  const auto found = counts().kernels.find(kernel);
  if (found == counts().kernels.end()) return "no launch of " + kernel + " was counted\n";
  std::string text;
  for (const auto& [place, counted] : found->second.by_site) {
    text += numbered_site(place.first).text() + ": " + name_of(place.second) + ", ";
    if (counted.shared.instructions > 0)
      text += std::to_string(counted.shared.instructions) + " times, " + std::to_string(counted.shared.conflicts) +
              " conflicts\n";
    else
      text += std::to_string(counted.global.instructions) + " times, " + std::to_string(counted.global.sectors) +
              " sectors, fewest " + std::to_string(counted.global.fewest_sectors) + "\n";
  }
  return text;
}

}  // namespace headwise::emulator
