// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/cpu.hpp>

namespace language_model {

/// Where the models run: attention and every other matrix product.
using backend = headwise::cpu_backend;

}  // namespace language_model
