// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/results.hpp"

namespace language_model {

// The contents of the files that the program leaves.

/// results.json: everything in the table, the settings and the curves.
std::string results_json(const comparison& found);

/// loss.csv: the points of all curves.
std::string loss_csv(const comparison& found);

/// The training log of all runs, `run,step,tokens,loss,learning_rate`.
std::string training_log_csv(const comparison& found);

}  // namespace language_model
