// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace headwise {

/// Whether a result replaces what stands at its place or is added to it.
enum class result_write { overwrite, add };

}  // namespace headwise
