// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <random>
#include <string_view>

#include "headwise/wsd_batch_size.hpp"

namespace wsd_batch_size {

namespace wsd = headwise::wsd;

// What synthetic runs follow unless the user gives other numbers: B_opt is 1M or 2M tokens.

inline constexpr wsd::piecewise_curve usual_pieces({.steps_min = 8000,
                                                    .steps_pole = 16000,
                                                    .steps_opt = 20000,
                                                    .steps_tail = 36000,
                                                    .tokens_min = 40e9,
                                                    .batch_min = 1.1e6});
inline constexpr wsd::laurent_curve usual_laurent(
    {.steps_min = 8000, .steps_opt = 20000, .tokens_min = 40e9, .batch_min = 0.9e6});
inline constexpr wsd::classical_curve usual_hyperbola({.steps_min = 8000, .tokens_min = 20e9});
/// At 0.5 nats above its floor, B_opt is 1M tokens and S_opt 20,000 steps.
inline constexpr wsd::additive_law usual_law({.loss_floor = 1.7,
                                              .signal = 47.14045207910317,
                                              .signal_exponent = 0.5,
                                              .noise = 500000.0 / 3,
                                              .noise_exponent = 1});

/// A source of standard normal numbers.
class normal_numbers {
 public:
  explicit normal_numbers(std::uint64_t seed) : generator_(seed) {}
  double operator()() { return normal_(generator_); }

 private:
  std::mt19937_64 generator_;
  std::normal_distribution<double> normal_;
};

}  // namespace wsd_batch_size
