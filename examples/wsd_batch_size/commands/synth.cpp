// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/law_options.hpp"
#include "commands/number_options.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"
#include "synth/truths.hpp"

namespace wsd_batch_size {
namespace {

struct synth_options {
  std::string truth = "additive";
  std::optional<wsd::additive_law> law;
  double smallest = 0;  // 0: what suits the truth
  double largest = 0;
  std::size_t sizes = 10;
  double deviation = 0.02;
  double noise_scale = 1;
  double steps = 2e5;
  double every = 10;
  std::uint64_t seed = 1;
  std::filesystem::path out;
};

wsd::numbers batches_of(const synth_options& chosen, double smallest, double largest) {
  return wsd::batches_between(chosen.smallest > 0 ? chosen.smallest : smallest,
                              chosen.largest > 0 ? chosen.largest : largest, chosen.sizes);
}

/// A point file: runs that reached one loss.
template <typename Curve>
std::string points_of(const Curve& curve, const synth_options& chosen) {
  normal_numbers normal(chosen.seed);
  std::string text = "batch_size,tokens\n";
  for (const wsd::measurement& point : wsd::synthetic_measurements(
           curve, batches_of(chosen, 1.15 * std::max(curve.batch_min(), 1e5), 2e7), chosen.deviation, normal))
    text += program::exact(point.batch) + "," + program::exact(point.tokens()) + "\n";
  std::fprintf(stderr, "the truth: B_min %s, B_opt %s, E_min %s, S_min %s\n", program::exact(curve.batch_min()).c_str(),
               program::exact(curve.batch_opt()).c_str(), program::exact(curve.tokens_min()).c_str(),
               program::exact(curve.steps_min()).c_str());
  return text;
}

/// A curve file: runs whose loss is `loss_of(steps, batch)`.
template <typename LossOf>
std::string curves_of(const LossOf& loss_of, const synth_options& chosen) {
  wsd::log_noise noise;
  noise.slow *= chosen.noise_scale;
  noise.sampling *= chosen.noise_scale;
  normal_numbers normal(chosen.seed);
  std::string text = "run,step,tokens,loss\n";
  for (const double exact_batch : batches_of(chosen, 0.25e6, 16e6)) {
    const double batch = std::round(exact_batch);
    const wsd::loss_curve curve = wsd::synthetic_log(loss_of, batch, chosen.steps, chosen.every, noise, normal);
    for (std::size_t i = 0; i < curve.steps.size(); ++i)
      text += curve.run + "," + program::exact(curve.steps[i]) + "," + program::exact(batch * curve.steps[i]) + "," +
              program::exact(curve.losses[i]) + "\n";
  }
  return text;
}

std::string text_of(const synth_options& chosen) {
  if (chosen.truth == "pieces") return points_of(usual_pieces, chosen);
  if (chosen.truth == "laurent") return points_of(usual_laurent, chosen);
  if (chosen.truth == "classical") return points_of(usual_hyperbola, chosen);
  if (chosen.truth == "quadratic") {
    const wsd::noisy_quadratic_runs runs({}, chosen.steps);
    return curves_of([&](double steps, double batch) { return runs.loss(steps, batch); }, chosen);
  }
  if (chosen.truth == "decaying") {
    // All exponents are 1: whatever the loss, its curve is a hyperbola.
    const wsd::additive_law law(
        {.loss_floor = 1.7, .signal = 4000, .signal_exponent = 1, .noise = 4e9, .noise_exponent = 1});
    const wsd::decaying_noise_law truth(law, 1);
    return curves_of([&](double steps, double batch) { return truth.loss(steps, batch); }, chosen);
  }
  const wsd::additive_law law = chosen.law.value_or(usual_law);
  for (const double above : {0.6, 0.5, 0.4, 0.3}) {
    const wsd::additive_curve curve = law.at(law.numbers().loss_floor + above);
    std::fprintf(stderr, "the truth at a loss of %s: B_min %s, B_opt %s, E_min %s\n",
                 program::exact(law.numbers().loss_floor + above).c_str(), program::exact(curve.batch_min()).c_str(),
                 program::exact(curve.batch_opt()).c_str(), program::exact(curve.tokens_min()).c_str());
  }
  return curves_of([&](double steps, double batch) { return law.loss(steps, batch); }, chosen);
}

exit_status synth(const synth_options& chosen) {
  constexpr double most_lines = 5e7;
  if (static_cast<double>(chosen.sizes) * chosen.steps / chosen.every > most_lines)
    throw program::usage_error("--sizes times --steps over --every are " +
                               program::exact(static_cast<double>(chosen.sizes) * chosen.steps / chosen.every) +
                               " lines, needed: at most 50 million");
  const std::string text = text_of(chosen);
  program::write_or_print(text, chosen.out);
  return exit_status::success;
}

}  // namespace

void add_synth(CLI::App& program, command& chosen) {
  const auto o = std::make_shared<synth_options>();
  CLI::App* app =
      program.add_subcommand("synth", "Writes CSV files of runs whose truth is known, which it tells apart");
  app->add_option("--truth", o->truth,
                  "points of one loss: pieces, laurent, classical; curves: additive, decaying (hyperbolas), quadratic "
                  "(a noisy one, which no model has)")
      ->check(CLI::IsMember({"pieces", "laurent", "classical", "additive", "decaying", "quadratic"}));
  add_law(*app, o->law);
  add_number(*app, "--smallest", o->smallest, "the smallest batch size, in tokens [default: what suits the truth]");
  add_number(*app, "--largest", o->largest, "the largest one");
  app->add_option("--sizes", o->sizes, "how many, in equal ratios")->check(CLI::Range(2, 10000));
  app->add_option("--deviation", o->deviation, "of ln S in points")->check(between(0.0, 1.0));
  app->add_option("--noise", o->noise_scale, "of curves, 1 for what is usual")->check(between(0.0, 100.0));
  add_number(*app, "--steps", o->steps, "of every run")->default_str("200K");
  add_number(*app, "--every", o->every, "steps between lines")->default_str("10");
  app->add_option("--seed", o->seed, "of the noise");
  app->add_option("--out", o->out, "the file to write [default: the standard output]");
  app->callback([o, &chosen] { chosen = [o] { return synth(*o); }; });
}

}  // namespace wsd_batch_size
