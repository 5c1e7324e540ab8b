// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace wsd_batch_size {

/// How input files are read.
struct read_settings {
  std::string loss_column;             ///< which column is the loss; empty: found by its name
  double batch_tolerance = 0.01;       ///< by which steps may differ in tokens: logs round them
  double rate_tolerance = 1e-6;        ///< by which learning rates that are the same differ in a log
  std::size_t most_rows = 50'000'000;  ///< of all files
};

}  // namespace wsd_batch_size
