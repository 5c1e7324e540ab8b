// SPDX-License-Identifier: Apache-2.0
#include "model/model_kinds.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "program_support/usage_error.hpp"
#include "variants.hpp"

namespace language_model {

std::span<const model_kind> model_kinds() {
  static constexpr std::array kinds = {
      model_kind{"multi_head", make_model<multi_head>},
      model_kind{"grouped_query", make_model<grouped_query>},
      model_kind{"mea", make_model<mea>},
      model_kind{"mea_half_cache", make_model<mea_half_cache>},
      model_kind{"head_mixing", make_model<head_mixing>},
      model_kind{"head_mixing_half_cache", make_model<head_mixing_half_cache>},
  };
  return kinds;
}

const model_kind& model_kind_named(std::string_view name) {
  const auto kinds = model_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const model_kind& kind) { return kind.name == name; });
  if (found != kinds.end()) return *found;
  std::string known;
  for (const model_kind& kind : kinds) known += (known.empty() ? "" : ", ") + std::string(kind.name);
  throw program::usage_error("--variant " + std::string(name) + " is unknown; choose from: " + known);
}

}  // namespace language_model
