// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "emulator/access_cost.hpp"
#include "emulator/access_log.hpp"
#include "emulator/statistics.hpp"

namespace headwise::emulator {

/// Counts go to this kernel from now on.
void count_for(const std::string& kernel);

bool counting();

/// What is counted one by one, if anything is counted.
void count_one(std::int64_t statistics::*what);

/// One instruction of a warp.
void count_access(access_kind kind, std::uint16_t site, const warp_access& access);

}  // namespace headwise::emulator
