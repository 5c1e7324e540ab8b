// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "headwise/wsd_batch_size/laurent_curve.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// The paper's curve in three pieces:
///
///     E(S) = B_-1 / (S - S_min) + B_0     up to S_1
///     E(S) = C (S - S_opt)^2 + E_min      from S_1 to S_2
///     E(S) = A_1 S + A_0                  from S_2 on
///
/// Values and slopes meet at S_1 and S_2, which leaves six numbers free. B_min = A_1 is the slope of the tail, B_opt =
/// E_min / S_opt that of the ray to the lowest point.
class piecewise_curve {
 public:
  /// The six free numbers of the curve.
  struct parameters {
    double steps_min = 0;   ///< S_min, in steps
    double steps_pole = 0;  ///< S_1, where the pole gives way to the parabola
    double steps_opt = 0;   ///< S_opt
    double steps_tail = 0;  ///< S_2, where the parabola gives way to the line
    double tokens_min = 0;  ///< E_min, in tokens
    double batch_min = 0;   ///< B_min = A_1, in tokens per step
  };

  /// The ten numbers of the three pieces, of which joins in value and slope leave six free.
  struct coefficients {
    double pole_weight = 0;     ///< B_-1
    double steps_min = 0;       ///< S_min
    double pole_level = 0;      ///< B_0
    double steps_pole = 0;      ///< S_1
    double curvature = 0;       ///< C
    double steps_opt = 0;       ///< S_opt
    double tokens_min = 0;      ///< E_min
    double steps_tail = 0;      ///< S_2
    double batch_min = 0;       ///< A_1
    double tail_intercept = 0;  ///< A_0
  };

  /// Throws `headwise::error` unless 0 < S_min < S_1 < S_opt < S_2 and A_0 > 0, so that every batch size above
  /// batch_min meets the curve once.
  constexpr explicit piecewise_curve(const parameters& p) : p_(p) {
    detail::require_positive(p.steps_min, "steps_min");
    detail::require_positive(p.tokens_min, "tokens_min");
    detail::require_positive(p.batch_min, "batch_min");
    detail::require_below(p.steps_min, "steps_min", p.steps_pole, "steps_pole");
    detail::require_below(p.steps_pole, "steps_pole", p.steps_opt, "steps_opt");
    detail::require_below(p.steps_opt, "steps_opt", p.steps_tail, "steps_tail");
    detail::require_below(p.batch_min, "batch_min", largest_batch_min(p), "2 tokens_min / (steps_opt + steps_tail)");
  }

  /// The curve of all ten numbers. Throws `headwise::error` as the constructor does, and where pieces do not meet in
  /// value and slope, which fits of each piece alone do not take care of: up to a millionth of what is joined.
  static constexpr piecewise_curve from(const coefficients& c) {
    const piecewise_curve curve({c.steps_min, c.steps_pole, c.steps_opt, c.steps_tail, c.tokens_min, c.batch_min});
    const auto require_join = [](double given, double needed, double scale, const char* name) {
      constexpr double rounding = 1e-6;
      const double difference = given > needed ? given - needed : needed - given;
      headwise::detail::require(difference <= rounding * scale, name, given,
                                headwise::detail::words(needed, ", where the pieces meet in value and slope"));
    };
    require_join(c.curvature, curve.curvature(), curve.curvature(), "curvature");
    require_join(c.pole_weight, curve.pole_weight(), curve.pole_weight(), "pole_weight");
    require_join(c.pole_level, curve.pole_level(), c.tokens_min, "pole_level");
    require_join(c.tail_intercept, curve.tail_intercept(), c.tokens_min, "tail_intercept");
    return curve;
  }

  /// The ten numbers of this curve.
  constexpr coefficients pieces() const {
    return {pole_weight(), p_.steps_min,  pole_level(),  p_.steps_pole, curvature(),
            p_.steps_opt,  p_.tokens_min, p_.steps_tail, p_.batch_min,  tail_intercept()};
  }

  /// What batch_min must stay below for A_0 > 0.
  static constexpr double largest_batch_min(const parameters& p) {
    return 2 * p.tokens_min / (p.steps_opt + p.steps_tail);
  }

  /// The S_1 at which the curvature is continuous as well. Data tell next to nothing about S_1 around it, so a curve of
  /// five free numbers takes it for granted.
  static constexpr double smooth_steps_pole(double steps_min, double steps_opt) {
    return steps_min + 2 * (steps_opt - steps_min) / 3;
  }

  /// The pieces with the minimum of a smooth curve, its curvature there and its slope at infinity. Throws
  /// `headwise::error` where these have no A_0 > 0.
  static constexpr piecewise_curve from(const laurent_curve& smooth) {
    const double d = smooth.steps_opt() - smooth.steps_min();
    return piecewise_curve({.steps_min = smooth.steps_min(),
                            .steps_pole = smooth_steps_pole(smooth.steps_min(), smooth.steps_opt()),
                            .steps_opt = smooth.steps_opt(),
                            .steps_tail = smooth.steps_opt() + d / 2,
                            .tokens_min = smooth.tokens_min(),
                            .batch_min = smooth.batch_min()});
  }

  constexpr double tokens(double steps) const {
    if (!(steps > p_.steps_min)) return infinity;
    if (steps < p_.steps_pole) return pole_weight() / (steps - p_.steps_min) + pole_level();
    if (steps > p_.steps_tail) return p_.batch_min * steps + tail_intercept();
    const double offset = steps - p_.steps_opt;
    return curvature() * offset * offset + p_.tokens_min;
  }
  constexpr double slope(double steps) const {
    const double beyond = steps - p_.steps_min;
    if (!(beyond > 0)) return -infinity;
    if (steps < p_.steps_pole) return -pole_weight() / (beyond * beyond);
    if (steps > p_.steps_tail) return p_.batch_min;
    return 2 * curvature() * (steps - p_.steps_opt);
  }
  double steps(double batch) const {
    if (!(batch > p_.batch_min)) return infinity;
    if (batch < batch_at(p_.steps_tail)) return tail_intercept() / (batch - p_.batch_min);
    if (batch < batch_at(p_.steps_pole)) return steps_on_parabola(batch);
    return steps_on_pole(batch);
  }

  constexpr double batch_min() const { return p_.batch_min; }
  constexpr double batch_opt() const { return p_.tokens_min / p_.steps_opt; }
  constexpr double steps_min() const { return p_.steps_min; }
  constexpr double steps_opt() const { return p_.steps_opt; }
  constexpr double tokens_min() const { return p_.tokens_min; }
  constexpr double steps_pole() const { return p_.steps_pole; }
  constexpr double steps_tail() const { return p_.steps_tail; }

  /// C of the parabola.
  constexpr double curvature() const { return p_.batch_min / (2 * (p_.steps_tail - p_.steps_opt)); }
  /// A_0 of the tail.
  constexpr double tail_intercept() const { return p_.tokens_min - p_.batch_min * (p_.steps_tail + p_.steps_opt) / 2; }
  /// B_-1 of the pole.
  constexpr double pole_weight() const { return 2 * curvature() * before_opt() * after_min() * after_min(); }
  /// B_0 of the pole.
  constexpr double pole_level() const {
    return p_.tokens_min + curvature() * before_opt() * (before_opt() - 2 * after_min());
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  constexpr double after_min() const { return p_.steps_pole - p_.steps_min; }
  constexpr double before_opt() const { return p_.steps_opt - p_.steps_pole; }
  constexpr double batch_at(double steps) const { return tokens(steps) / steps; }

  // Each in the form that subtracts no numbers of one size.
  double steps_on_parabola(double batch) const {
    const double p = 2 * curvature() * p_.steps_opt + batch;
    const double q = curvature() * p_.steps_opt * p_.steps_opt + p_.tokens_min;
    return 2 * q / (p + std::sqrt(std::fmax(0, p * p - 4 * curvature() * q)));
  }
  double steps_on_pole(double batch) const {
    const double at_min = batch * p_.steps_min;
    const double level = pole_level();
    const double root = std::sqrt((at_min - level) * (at_min - level) + 4 * batch * pole_weight());
    const double sum = at_min + level;
    if (sum >= 0) return (sum + root) / (2 * batch);
    return 2 * (pole_weight() - level * p_.steps_min) / (root - sum);
  }

  parameters p_;
};

}  // namespace headwise::wsd
