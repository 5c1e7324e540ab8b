// SPDX-License-Identifier: Apache-2.0
#include "input/law_file.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "input/open_file.hpp"
#include "input/place.hpp"

namespace wsd_batch_size {

fitted_law read_law(const std::filesystem::path& file) {
  std::ifstream in = open_file(file);
  const nlohmann::json all = nlohmann::json::parse(in, nullptr, false);
  if (!all.is_object() || !all.contains("law") || !all.contains("targets"))
    refuse(file.string(), "is no result of fit, needed: what fit --json has written");
  if (all["law"].is_null()) refuse(file.string(), "has no law: the measurements did not identify one");
  try {
    const nlohmann::json& law = all["law"];
    headwise::wsd::interval losses{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const nlohmann::json& target : all["targets"]) {
      losses.low = std::min(losses.low, target.at("loss").get<double>());
      losses.high = std::max(losses.high, target.at("loss").get<double>());
    }
    return {headwise::wsd::additive_law({.loss_floor = law.at("l_inf").get<double>(),
                                         .signal = law.at("a").get<double>(),
                                         .signal_exponent = law.at("alpha").get<double>(),
                                         .noise = law.at("c").get<double>(),
                                         .noise_exponent = law.at("beta").get<double>()}),
            losses};
  } catch (const nlohmann::json::exception&) {
    refuse(file.string(), "is no result of fit, needed: what fit --json has written");
  } catch (const headwise::error& e) {
    refuse(file.string(), "has a law whose " + e.argument() + " is " + e.given() + ", needed: " + e.needed());
  }
}

}  // namespace wsd_batch_size
