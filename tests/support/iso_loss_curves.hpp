// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/laurent_curve.hpp"
#include "headwise/wsd_batch_size/piecewise_curve.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// Uniform in the logarithm.
inline double between_in_log(random_numbers& random, double low, double high) {
  return low * std::pow(high / low, random.unit());
}

/// Curves of any shape that is allowed, at any scale.
inline wsd::piecewise_curve random_piecewise(random_numbers& random) {
  wsd::piecewise_curve::parameters p;
  p.steps_min = between_in_log(random, 1, 1e6);
  p.steps_opt = p.steps_min * (1 + between_in_log(random, 0.05, 20));
  p.steps_pole = p.steps_min + (p.steps_opt - p.steps_min) * (0.05 + 0.9 * random.unit());
  p.steps_tail = p.steps_opt * (1 + between_in_log(random, 0.05, 5));
  p.tokens_min = between_in_log(random, 1e3, 1e13);
  p.batch_min = wsd::piecewise_curve::largest_batch_min(p) * (0.02 + 0.96 * random.unit());
  return wsd::piecewise_curve(p);
}

inline wsd::laurent_curve random_laurent(random_numbers& random) {
  wsd::laurent_curve::parameters p;
  p.steps_min = between_in_log(random, 1, 1e6);
  p.steps_opt = p.steps_min * (1 + between_in_log(random, 0.05, 20));
  p.tokens_min = between_in_log(random, 1e3, 1e13);
  p.batch_min = wsd::laurent_curve::largest_batch_min(p) * (0.02 + 0.96 * random.unit());
  return wsd::laurent_curve(p);
}

inline wsd::additive_law random_law(random_numbers& random) {
  return wsd::additive_law({.loss_floor = 3 * random.unit(),
                            .signal = between_in_log(random, 0.1, 1e3),
                            .signal_exponent = between_in_log(random, 0.2, 1.5),
                            .noise = between_in_log(random, 0.1, 1e5),
                            .noise_exponent = between_in_log(random, 0.4, 1.5)});
}

}  // namespace headwise::test
