// SPDX-License-Identifier: Apache-2.0
#include "emulator/call_site.hpp"

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace headwise::emulator {

namespace {

/// All places that have been numbered. Places of the same line, modulo the size of `latest`, find their number at once
/// as long as no two of them alternate.
struct numbered_sites {
  std::vector<call_site> sites{call_site{}};
  std::uint16_t latest[1024] = {};
};

numbered_sites& numbered() {
  static numbered_sites all;
  return all;
}

}  // namespace

std::uint16_t number_of(const call_site& where) {
  numbered_sites& all = numbered();
  std::uint16_t& latest = all.latest[where.line % 1024];
  if (all.sites[latest] == where) return latest;
  std::size_t number = 0;
  while (number < all.sites.size() && !(all.sites[number] == where)) ++number;
  if (number == all.sites.size()) {
    if (number > 0xffff) throw std::length_error("more than 65,535 places in kernels");
    all.sites.push_back(where);
  }
  latest = static_cast<std::uint16_t>(number);
  return latest;
}

const call_site& numbered_site(std::uint16_t number) { return numbered().sites[number]; }

}  // namespace headwise::emulator
