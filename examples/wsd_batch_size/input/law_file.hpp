// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "headwise/wsd_batch_size.hpp"

namespace wsd_batch_size {

/// An additive law, and the losses between which it was fitted, if they are known.
struct fitted_law {
  headwise::wsd::additive_law law;
  std::optional<headwise::wsd::interval> losses{};
};

/// The law in a JSON file that `fit` wrote. Throws `usage_error` in one line that names the file if there is none.
fitted_law read_law(const std::filesystem::path& file);

}  // namespace wsd_batch_size
