// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace headwise::wsd {

/// What a fit assumes beside the measurements.
struct fit_settings {
  /// Weak beliefs about shapes (normal, of deviation 2 around what curves usually look like), which keep the
  /// coordinates that data leave open from running away.
  bool shape_priors = true;
  /// Beyond so many standard deviations a residual counts by its size and no longer by its square (Huber's loss), so
  /// that single runs that went astray do not decide. 1.5 is usual.
  double huber_limit = std::numeric_limits<double>::infinity();
};

}  // namespace headwise::wsd
