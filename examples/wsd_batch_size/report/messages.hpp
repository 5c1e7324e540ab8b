// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "analysis/analysis.hpp"

namespace wsd_batch_size {

/// What has to be said of a model: why it could not be fitted, or what was found beside its numbers.
inline std::vector<std::string> messages_of(const model_report& model) {
  if (!model.problem.empty()) return {model.problem};
  std::vector<std::string> messages;
  for (const wsd::finding what : model.estimate.findings) messages.emplace_back(wsd::text_of(what));
  return messages;
}

}  // namespace wsd_batch_size
