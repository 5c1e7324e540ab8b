// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "headwise/wsd_batch_size/loss_curve.hpp"
#include "input/logged_run.hpp"
#include "input/read_settings.hpp"

namespace wsd_batch_size {

/// The stable phase of one run, and what the user has to know about how it came out of the log.
struct curve_run {
  headwise::wsd::loss_curve curve;
  std::optional<double> learning_rate;
  std::vector<std::string> notes;
};

/// Makes a curve of a log: in order, each step once, with finite losses, of the stable phase and of one batch size. If
/// there is none, a sentence without its full stop tells why the run is left out.
std::variant<curve_run, std::string> clean_run(logged_run run, const read_settings& settings);

}  // namespace wsd_batch_size
