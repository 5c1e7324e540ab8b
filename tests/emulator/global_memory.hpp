// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// Throws unless an access of the running thread lies in one piece of device memory, at a multiple of its size.
void require_global(const void* address, std::size_t bytes, const char* access, const call_site& where);

}  // namespace headwise::emulator
