// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "headwise/wsd_batch_size/least_squares.hpp"

namespace headwise::wsd {

/// The log of one run of constant batch size in the stable phase, at one learning rate.
struct loss_curve {
  std::string run;
  double batch = 0;  ///< in tokens per step
  numbers steps;     ///< ascending, positive
  numbers losses;    ///< in nats, as many as steps
};

}  // namespace headwise::wsd
