// SPDX-License-Identifier: Apache-2.0
#include "report/picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "report/gnuplot_script.hpp"
#include "report/quantity.hpp"

namespace wsd_batch_size {
namespace {

/// From dark to light, so that neighbours of an ordered set are neighbours in colour, in print as well.
std::string colour(std::size_t index, std::size_t count) {
  constexpr std::array<std::array<double, 3>, 5> anchors = {
      {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {226, 205, 36}}};
  const double place = count < 2 ? 0 : double(index) * (anchors.size() - 1) / double(count - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
  const double part = place - double(below);
  char text[32];
  const auto mixed = [&](std::size_t c) {
    return static_cast<unsigned>((1 - part) * anchors[below][c] + part * anchors[below + 1][c]);
  };
  std::snprintf(text, sizeof text, " lc rgb '#%02x%02x%02x'", mixed(0), mixed(1), mixed(2));
  return text;
}
const std::string blue = " lc rgb '#0072b2'";
const std::string orange = " lc rgb '#d55e00'";
const std::string grey = " lc rgb '#b0b0b0'";

void set_log_axes(panel& p, const std::string& axes) {
  p.set("logscale " + axes);
  for (const char axis : axes) p.set("format " + std::string(1, axis) + " '%.0s%c'");
}

std::string title_of(const target_report& target) {
  return target.loss ? program::fixed(*target.loss, 3) : "the target";
}

const std::vector<wsd::measurement>& widest(const analysis& found) {
  return std::max_element(
             found.targets.begin(), found.targets.end(),
             [](const target_report& a, const target_report& b) { return a.points.size() < b.points.size(); })
      ->points;
}

panel curves(const analysis& found) {
  panel p("run", "Loss against tokens, with the first passage of every target");
  set_log_axes(p, "x");
  p.set("xlabel 'tokens'");
  p.set("key bottom left Left reverse samplen 1.5 font ',10'");
  double highest = 0;
  double lowest = std::numeric_limits<double>::infinity();
  std::size_t index = 0;
  for (const wsd::smoothed_curve& run : found.runs) {
    data_block& block = p.new_block();
    for (std::size_t i = 0; i < run.losses().size(); ++i)
      block.add({run.batch() * std::exp(run.log_steps()[i]), run.losses()[i]});
    lowest = std::min(lowest, run.lowest_loss());
    p.draw("with lines lw 1.5" + colour(index++, found.runs.size()) + " title 'B = " + quantity(run.batch()) + "'");
  }
  data_block& crossings = p.new_block();
  for (const target_report& target : found.targets) {
    highest = std::max(highest, *target.loss);
    for (const wsd::measurement& point : target.points)
      if (point.reached) crossings.add({point.tokens(), *target.loss});
  }
  p.draw("with points pt 7 ps 0.5 lc rgb '#000000' notitle");
  const double margin = 0.25 * (highest - lowest) + 1e-3;
  p.set("yrange [" + program::exact(lowest - 0.1 * margin) + ":" + program::exact(highest + margin) + "]");
  return p;
}

panel tokens_against_steps(const analysis& found) {
  panel p("target", "Tokens against steps, on the rays of constant batches");
  set_log_axes(p, "xy");
  p.set("xlabel 'S, steps'");
  p.set("ylabel 'E, " + found.unit + "'");
  p.set("key bottom right samplen 1.5");
  p.set("clip two");
  double fewest = std::numeric_limits<double>::infinity();
  double most = 0;
  double fewest_tokens = std::numeric_limits<double>::infinity();
  double most_tokens = 0;
  for (const target_report& target : found.targets)
    for (const wsd::measurement& point : target.points) {
      fewest = std::min(fewest, point.steps);
      most = std::max(most, point.steps);
      fewest_tokens = std::min(fewest_tokens, point.tokens());
      most_tokens = std::max(most_tokens, point.tokens());
    }
  p.set("xrange [" + program::exact(fewest / 1.5) + ":" + program::exact(1.5 * most) + "]");
  p.set("yrange [" + program::exact(fewest_tokens / 1.5) + ":" + program::exact(1.5 * most_tokens) + "]");
  for (const double batch : wsd::reached_batches(widest(found))) {
    data_block& ray = p.new_block();
    for (const double steps : {fewest / 2, 2 * most}) ray.add({steps, batch * steps});
    p.draw("with lines lw 0.7" + grey + " notitle");
  }
  std::size_t index = 0;
  for (const target_report& target : found.targets) {
    data_block& points = p.new_block();
    for (const wsd::measurement& point : target.points)
      if (point.reached) points.add({point.steps, point.tokens()});
    p.draw("with points pt 7 ps 0.6" + colour(index, found.targets.size()) + " title '" + title_of(target) + "'");
    if (target.best() != nullptr) {
      data_block& line = p.new_block();
      constexpr int places = 300;
      for (int i = 0; i <= places; ++i) {
        const double steps = fewest / 2 * std::pow(4 * most / fewest, double(i) / places);
        line.add({steps, std::visit([&](const auto& curve) { return curve.tokens(steps); }, *target.best()->curve)});
      }
      p.draw("with lines lw 1.5" + colour(index, found.targets.size()) + " notitle");
    }
    ++index;
  }
  return p;
}

panel collapse(const analysis& found) {
  panel p("ratio", "All targets as one curve (M3)");
  const wsd::additive_law::parameters& law = found.law->law.numbers();
  p.set("logscale xy");
  p.set("xlabel 'B / B_min'");
  p.set("ylabel 'S / S_min'");
  p.set("key top right samplen 1.5");
  std::size_t index = 0;
  double largest = 2;
  for (const target_report& target : found.targets) {
    const wsd::additive_curve curve = found.law->law.at(*target.loss);
    data_block& points = p.new_block();
    for (const wsd::measurement& point : target.points) {
      if (!point.reached) continue;
      points.add({point.batch / curve.batch_min(), point.steps / curve.steps_min()});
      largest = std::max(largest, point.batch / curve.batch_min());
    }
    p.draw("with points pt 7 ps 0.6" + colour(index++, found.targets.size()) + " title '" + title_of(target) + "'");
  }
  data_block& line = p.new_block();
  constexpr int places = 300;
  for (int i = 1; i <= places; ++i) {
    const double ratio = 1.02 * std::pow(1.2 * largest, double(i - 1) / (places - 1));
    line.add({ratio, std::pow(1 - std::pow(ratio, -law.noise_exponent), -1 / law.signal_exponent)});
  }
  p.draw("with lines lw 1.2 lc rgb '#000000' notitle");
  return p;
}

/// A band where there are intervals, and points on it, of one number of the model that predicts best.
void add_batches(panel& p, const analysis& found, std::optional<double> wsd::curve_estimate::*value,
                 wsd::interval wsd::curve_intervals::*interval, const std::string& colour, const std::string& name) {
  data_block& band = p.new_block();
  for (const target_report& target : found.targets)
    if (target.best() != nullptr && target.best()->estimate.*value && target.best()->intervals)
      band.add(
          {*target.loss, ((*target.best()->intervals).*interval).low, ((*target.best()->intervals).*interval).high});
  p.draw("with filledcurves fs transparent solid 0.2" + colour + " notitle");
  data_block& points = p.new_block();
  for (const target_report& target : found.targets)
    if (target.best() != nullptr && target.best()->estimate.*value)
      points.add({*target.loss, *(target.best()->estimate.*value)});
  p.draw("with linespoints pt 7 ps 0.6 lw 1.5" + colour + " title '" + name + "'");
}

panel batches_against_loss(const analysis& found) {
  panel p("batch", "B_min and B_opt of the model that predicts best");
  set_log_axes(p, "y");
  p.set("xlabel 'loss'");
  p.set("ylabel 'batch, tokens'");
  p.set("xrange [] reverse");
  p.set("key top left samplen 1.5");
  add_batches(p, found, &wsd::curve_estimate::batch_min, &wsd::curve_intervals::batch_min, orange, "B_min");
  add_batches(p, found, &wsd::curve_estimate::batch_opt, &wsd::curve_intervals::batch_opt, blue, "B_opt");
  return p;
}

panel schedule(const analysis& found) {
  panel p("schedule", "Best constant batch by tokens (M3), as a staircase");
  const wsd::additive_law& law = found.law->law;
  double first = std::numeric_limits<double>::infinity();
  double last = 0;
  for (const target_report& target : found.targets) {
    const double tokens = law.at(*target.loss).tokens_min();
    first = std::min(first, tokens);
    last = std::max(last, tokens);
  }
  set_log_axes(p, "xy");
  p.set("xlabel 'tokens'");
  p.set("ylabel 'batch, tokens'");
  p.set("key top left samplen 1.5");
  data_block& best = p.new_block();
  constexpr int places = 100;
  for (int i = 0; i <= places; ++i) {
    const double tokens = first * std::pow(last / first, double(i) / places);
    best.add({tokens, law.batch_opt_of_tokens(tokens)});
  }
  p.draw("with lines lw 1.5" + blue + " title 'B_opt'");
  data_block& bound = p.new_block();
  for (int i = 0; i <= places; ++i) {
    const double tokens = first * std::pow(last / first, double(i) / places);
    bound.add({tokens, wsd::batch_min_of_tokens(law, tokens)});
  }
  p.draw("with lines lw 1.5" + orange + " title 'B_min'");
  constexpr std::int64_t stages = 8;
  const auto total = static_cast<std::int64_t>(last);
  if (total < stages) return p;
  data_block& stairs = p.new_block();
  for (const wsd::batch_stage& stage :
       wsd::make_schedule([&](double tokens) { return law.batch_opt_of_tokens(tokens); },
                          {.total_tokens = total, .interval = total / stages, .smallest_rise = 0})
           .stages) {
    if (double(stage.end_token()) <= first) continue;
    stairs.add({std::max(first, double(stage.first_token)), double(stage.batch)});
    stairs.add({double(stage.end_token()), double(stage.batch)});
  }
  p.draw("with lines lw 1 dt 2 lc rgb '#000000' title 'eight stages'");
  return p;
}

}  // namespace

std::string picture_script(const analysis& found) {
  std::vector<panel> panels;
  if (!found.runs.empty()) panels.push_back(curves(found));
  panels.push_back(tokens_against_steps(found));
  if (found.targets.size() > 1) panels.push_back(batches_against_loss(found));
  if (found.law) {
    panels.push_back(collapse(found));
    panels.push_back(schedule(found));
  }
  panels.erase(std::remove_if(panels.begin(), panels.end(), [](const panel& p) { return p.empty(); }), panels.end());
  constexpr int width = 560;
  constexpr int height = 420;
  const int columns = panels.size() > 1 ? 2 : 1;
  const int rows = static_cast<int>(panels.size() + 1) / 2;
  std::string text = program::picture_terminal(width * columns, height * rows) + "set multiplot layout " +
                     std::to_string(rows) + "," + std::to_string(columns) + "\n";
  for (const panel& p : panels) text += program::quiet_axes() + p.text();
  return text + "unset multiplot\n";
}

}  // namespace wsd_batch_size
