// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/loss_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

// Runs whose truth is known: to see what a plan of batch sizes would identify before it is paid for. `normal()` stands
// for a source of independent standard normal numbers.

/// Batch sizes in equal ratios. Throws `headwise::error` unless 0 < lowest < highest and there are two at least.
inline numbers batches_between(double lowest, double highest, std::size_t count) {
  detail::require_positive(lowest, "lowest");
  detail::require_below(lowest, "lowest", highest, "highest");
  headwise::detail::require(count >= 2, "count", count, "at least 2");
  numbers batches;
  for (std::size_t i = 0; i < count; ++i)
    batches.push_back(lowest * std::pow(highest / lowest, static_cast<double>(i) / static_cast<double>(count - 1)));
  return batches;
}

/// What a curve says at batch sizes, with normal noise of `deviation` on ln S. A batch size that never reaches the loss
/// gives no measurement.
template <iso_loss_curve Curve, typename Normal>
std::vector<measurement> synthetic_measurements(const Curve& curve, const numbers& batches, double deviation,
                                                Normal&& normal) {
  constexpr double deviation_of_exact = 0.01;
  std::vector<measurement> points;
  for (const double batch : batches) {
    const double steps = curve.steps(batch) * std::exp(deviation * normal());
    if (std::isfinite(steps)) points.push_back({batch, steps, deviation > 0 ? deviation : deviation_of_exact});
  }
  return points;
}

/// The noise of a log, in nats.
struct log_noise {
  double slow = 0.004;   ///< the deviation of what lines share with their neighbours
  double kept = 0.98;    ///< the share of it that goes over to the next line
  double sampling = 50;  ///< the deviation of every line for itself, times sqrt(B)
};

/// The lines of a run that follows `loss_of(steps, batch)`, one every `every` steps up to `last_step`.
template <typename LossOf, typename Normal>
loss_curve synthetic_log(const LossOf& loss_of, double batch, double last_step, double every, const log_noise& noise,
                         Normal&& normal) {
  loss_curve curve;
  curve.run = "batch " + headwise::detail::to_text(batch);
  curve.batch = batch;
  const double renewed = std::sqrt(1 - noise.kept * noise.kept);
  double slow = normal();
  for (double step = every; step <= last_step; step += every) {
    slow = noise.kept * slow + renewed * normal();
    curve.steps.push_back(step);
    curve.losses.push_back(loss_of(step, batch) + noise.slow * slow + noise.sampling / std::sqrt(batch) * normal());
  }
  return curve;
}

/// L = L_inf + a S^-alpha + c B^-beta S^-gamma. With gamma = 0 it is the additive law; with alpha = beta = gamma = 1
/// the noise falls with the steps as the signal does, every batch size gets everywhere, and the curves are hyperbolas.
class decaying_noise_law {
 public:
  decaying_noise_law(const additive_law& law, double decay) : p_(law.numbers()), decay_(decay) {}

  double loss(double steps, double batch) const {
    return p_.loss_floor + p_.signal * std::pow(steps, -p_.signal_exponent) +
           p_.noise * std::pow(batch, -p_.noise_exponent) * std::pow(steps, -decay_);
  }

 private:
  additive_law::parameters p_;
  double decay_;
};

}  // namespace headwise::wsd
