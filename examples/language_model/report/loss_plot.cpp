// SPDX-License-Identifier: Apache-2.0
#include "report/loss_plot.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "program_support/gnuplot.hpp"
#include "program_support/text_format.hpp"

namespace language_model {
namespace {

/// The tokens of the first and of the last points of all curves.
std::array<double, 2> token_range(const comparison& found) {
  const auto& curve = found.variants.front().runs.front().record.curve;
  return {double(curve.front().tokens), double(curve.back().tokens)};
}

/// Losses from just below the best to just above the worst.
std::array<double, 2> loss_range(const comparison& found) {
  double least = found.baselines.trigram;
  double most = found.baselines.unigram;
  for (const variant_result& v : found.variants)
    for (std::size_t i = 0; i < v.runs.front().record.curve.size(); ++i) {
      least = std::min(least, v.curve_loss(i));
      most = std::max(most, v.curve_loss(i));
    }
  return {least - 0.05 * (most - least), most + 0.05 * (most - least)};
}

std::string name_of_data(std::size_t variant) { return "$curve" + std::to_string(variant); }

/// Tokens, loss, and loss less that of the first variant, for every curve.
std::string data_blocks(const comparison& found) {
  std::string text;
  for (std::size_t k = 0; k < found.variants.size(); ++k) {
    const variant_result& v = found.variants[k];
    const auto& points = v.runs.front().record.curve;
    text += name_of_data(k) + " << end_of_curve\n";
    for (std::size_t i = 0; i < points.size(); ++i)
      text += std::to_string(points[i].tokens) + " " + program::exact(v.curve_loss(i)) + " " +
              program::exact(v.curve_loss(i) - found.variants.front().curve_loss(i)) + "\n";
    text += "end_of_curve\n";
  }
  return text;
}

std::string baseline(const std::string& name, double loss, const std::array<double, 2>& tokens) {
  return "set arrow from " + program::exact(tokens[0]) + "," + program::exact(loss) + " to " +
         program::exact(tokens[1]) + "," + program::exact(loss) + " nohead lc rgb '#9a9a9a' dt 3 lw 1.5\n" +
         "set label " + program::in_quotes("byte " + name) + " at " + program::exact(tokens[1]) + "," +
         program::exact(loss) + " right offset -0.4,0.6 tc rgb '#6a6a6a' font ',11'\n";
}

/// Colours that stay apart in print and for colour-blind readers; dashes for heads that are composed of fewer.
std::string line_style(std::size_t index, const variant_result& v) {
  constexpr std::array<std::string_view, 6> colours = {"#000000", "#0072b2", "#d55e00",
                                                       "#e69f00", "#009e73", "#56b4e9"};
  const bool composed = v.component_heads < v.composite_heads;
  return " with lines lc rgb '" + std::string(colours[index % colours.size()]) + "' dt " + (composed ? "2" : "1") +
         " lw 2";
}

/// Every variant's curve in one column of its data, with a title or without.
std::string plot_command(const comparison& found, int column, bool with_titles) {
  std::string text = "plot ";
  for (std::size_t k = 0; k < found.variants.size(); ++k) {
    const variant_result& v = found.variants[k];
    if (k > 0) text += ", ";
    text += name_of_data(k) + " using 1:" + std::to_string(column) + line_style(k, v);
    text +=
        with_titles ? " title " + program::in_quotes(v.name + "  " + program::fixed(v.held_out_loss(), 3)) : " notitle";
  }
  return text + "\n";
}

/// On the left all losses among the baselines; on the right, where variants are too close to tell apart on the left,
/// how far each is from the first.
std::string script_of(const comparison& found) {
  const auto tokens = token_range(found);
  const auto losses = loss_range(found);
  std::string text = data_blocks(found) + program::picture_terminal(1150, 500) + program::quiet_axes();
  text += "set multiplot layout 1,2\n";
  text += "set logscale x\nset format x '%.0s%c'\nset xtics add (200e3, 500e3, 2e6, 5e6)\n";
  text +=
      "set xrange [" + program::exact(tokens[0]) + ":" + program::exact(std::max(tokens[1], tokens[0] * 1.1)) + "]\n";
  text += "set xlabel 'training tokens'\n";
  text += "set title 'Held-out loss, nats per byte'\n";
  text += "set yrange [" + program::exact(losses[0]) + ":" + program::exact(losses[1]) + "]\n";
  text += "set key bottom left Left reverse samplen 2.5 spacing 1.15 noenhanced\n";
  text += baseline("unigrams", found.baselines.unigram, tokens) + baseline("bigrams", found.baselines.bigram, tokens) +
          baseline("trigrams", found.baselines.trigram, tokens);
  text += plot_command(found, 2, true);
  text += "unset arrow\nunset label\nset autoscale y\n";
  text += "set title 'Difference from " + found.variants.front().name + "' noenhanced\n";
  text += plot_command(found, 3, false);
  return text + "unset multiplot\n";
}

}  // namespace

std::string draw_loss_plot(const comparison& found, const std::filesystem::path& file) {
  return program::draw(script_of(found), file);
}

}  // namespace language_model
