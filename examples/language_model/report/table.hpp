// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "program_support/text_format.hpp"
#include "report/results.hpp"

namespace language_model {

/// Rows of cells as lines of aligned columns, the first to the left and the others to the right.
inline std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      text += i == 0 ? program::left_aligned(row[i], widths[i]) : "  " + program::right_aligned(row[i], widths[i]);
    text += '\n';
  }
  return text;
}

/// The models side by side, and what they have to beat.
inline std::string table_of(const comparison& found) {
  std::vector<std::vector<std::string>> rows = {
      {"variant", "heads", "parameters", "cache", "held-out loss", "training", "decoding"},
      {"", "cached -> seen", "", "bytes/token", "nats/byte", "tokens/s", "tokens/s"}};
  for (const variant_result& v : found.variants) {
    const std::string spread = v.runs.size() > 1 ? " +- " + program::fixed(v.spread(), 3) : "";
    rows.push_back({v.name, std::to_string(v.component_heads) + " -> " + std::to_string(v.composite_heads),
                    program::with_commas(double(v.parameters)), program::with_commas(double(v.cache_bytes_per_token)),
                    program::fixed(v.held_out_loss(), 3) + spread, program::with_commas(v.train_tokens_per_second()),
                    program::with_commas(v.decode_tokens_per_second())});
  }
  const auto add_baseline = [&](const char* name, double loss) {
    rows.push_back({name, "", "", "", program::fixed(loss, 3)});
  };
  add_baseline("byte trigrams", found.baselines.trigram);
  add_baseline("byte bigrams", found.baselines.bigram);
  add_baseline("byte unigrams", found.baselines.unigram);
  return aligned(rows);
}

}  // namespace language_model
