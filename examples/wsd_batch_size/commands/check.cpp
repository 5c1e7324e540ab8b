// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "program_support/text_format.hpp"
#include "synth/truths.hpp"

namespace wsd_batch_size {
namespace {

/// One line of the self-test: how far an estimate is from the truth, and how far it may be.
struct judgement {
  std::string what;
  double error = 0;
  double allowed = 0;

  bool holds() const { return error <= allowed; }
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

double relative_error(double value, double truth) { return std::fabs(value / truth - 1); }

constexpr double deviation = 0.02;
constexpr std::uint64_t draws = 31;

void judge_pieces(std::vector<judgement>& found) {
  std::vector<double> best;
  std::vector<double> smallest;
  std::vector<double> fewest;
  for (std::uint64_t seed = 1; seed <= draws; ++seed) {
    const auto fit = wsd::fit_curve<wsd::piecewise_model<false>>(wsd::synthetic_measurements(
        usual_pieces, wsd::batches_between(1.2e6, 16e6, 10), deviation, normal_numbers(seed)));
    best.push_back(relative_error(fit.curve.batch_opt(), usual_pieces.batch_opt()));
    smallest.push_back(relative_error(fit.curve.batch_min(), usual_pieces.batch_min()));
    fewest.push_back(relative_error(fit.curve.tokens_min(), usual_pieces.tokens_min()));
  }
  found.push_back({"published pieces (M2), B_opt", median(best), 0.039});
  found.push_back({"published pieces (M2), B_min", median(smallest), 0.042});
  found.push_back({"published pieces (M2), E_min", median(fewest), 0.014});
}

void judge_law(std::vector<judgement>& found) {
  std::vector<double> best;
  std::vector<double> smallest;
  std::vector<double> exponents;
  for (std::uint64_t seed = 1; seed <= draws; ++seed) {
    normal_numbers normal(seed);
    std::vector<wsd::target_measurements> targets;
    for (const double above : {0.6, 0.5, 0.42, 0.35, 0.3}) {
      const double loss = usual_law.numbers().loss_floor + above;
      targets.push_back({loss, wsd::synthetic_measurements(usual_law.at(loss), wsd::batches_between(3.5e5, 16e6, 12),
                                                           deviation, normal)});
    }
    const wsd::additive_law law = wsd::fit_law(targets).law;
    const double middle = targets[2].loss;
    best.push_back(relative_error(law.at(middle).batch_opt(), usual_law.at(middle).batch_opt()));
    smallest.push_back(relative_error(law.at(middle).batch_min(), usual_law.at(middle).batch_min()));
    exponents.push_back(std::max(std::fabs(law.numbers().signal_exponent - usual_law.numbers().signal_exponent),
                                 std::fabs(law.numbers().noise_exponent - usual_law.numbers().noise_exponent)));
  }
  found.push_back({"additive law (M3), B_opt", median(best), 0.02});
  found.push_back({"additive law (M3), B_min", median(smallest), 0.02});
  found.push_back({"additive law (M3), exponents, absolute", median(exponents), 0.05});
}

void judge_quadratic(std::vector<judgement>& found) {
  const wsd::noisy_quadratic_runs truth;
  const auto loss_of = [&](double steps, double batch) { return truth.loss(steps, batch); };
  std::vector<wsd::smoothed_curve> runs;
  std::uint64_t seed = 1;
  for (const double batch : wsd::batches_between(0.25e6, 16e6, 13))
    runs.emplace_back(wsd::synthetic_log(loss_of, batch, 1e5, 10, {}, normal_numbers(seed++)));
  const std::vector<double> losses = {2.10, 2.00, 1.93, 1.88, 1.84};
  const wsd::additive_law law = wsd::fit_law(wsd::passages_of(runs, losses)).law;
  double worst = 0;
  for (const double loss : losses)
    worst = std::max(worst, relative_error(law.at(loss).batch_opt(), truth.batch_opt(loss, 1e5, 3e7)));
  found.push_back({"curves of a noisy quadratic (M3), B_opt, worst target", worst, 0.06});
}

/// A hyperbola has no smallest and no best batch: how often a number is given for one.
void judge_hyperbola(std::vector<judgement>& found) {
  double numbers = 0;
  for (std::uint64_t seed = 1; seed <= draws; ++seed) {
    const auto points = wsd::synthetic_measurements(usual_hyperbola, wsd::batches_between(1e5, 3e7, 10), deviation,
                                                    normal_numbers(seed));
    for (const wsd::curve_estimate& estimate :
         {wsd::estimate_curve<wsd::laurent_model>(points), wsd::estimate_curve<wsd::piecewise_model<false>>(points)})
      numbers += estimate.batch_min || estimate.batch_opt ? 1 : 0;
  }
  found.push_back({"hyperbola, draws with a B_min or B_opt", numbers, 0});
}

exit_status check() {
  std::vector<judgement> found;
  judge_pieces(found);
  judge_law(found);
  judge_quadratic(found);
  judge_hyperbola(found);
  constexpr std::size_t width = 56;
  constexpr std::size_t number_width = 10;
  std::printf("%s%s%s\n", program::left_aligned("relative error, median of 31 draws", width).c_str(),
              program::right_aligned("error", number_width).c_str(),
              program::right_aligned("allowed", number_width).c_str());
  bool holds = true;
  for (const judgement& j : found) {
    std::printf("%s%s%s%s\n", program::left_aligned(j.what, width).c_str(),
                program::right_aligned(program::fixed(j.error, 4), number_width).c_str(),
                program::right_aligned(program::fixed(j.allowed, 4), number_width).c_str(),
                j.holds() ? "" : "  FAILED");
    holds = holds && j.holds();
  }
  return holds ? exit_status::success : exit_status::failure;
}

}  // namespace

void add_check(CLI::App& program, command& chosen) {
  CLI::App* app = program.add_subcommand("check", "Fits runs whose truth is known, and tells how far off it is");
  app->callback([&chosen] { chosen = [] { return check(); }; });
}

}  // namespace wsd_batch_size
