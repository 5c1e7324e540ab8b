// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "text/corpus.hpp"
#include "text/ngram_model.hpp"
#include "training/run_settings.hpp"
#include "training/training_record.hpp"

namespace language_model {

/// What one trained model is worth.
struct run_result {
  run_settings settings;
  training_record record;
  /// Over all held-out bytes.
  double held_out_loss = 0;
  double train_tokens_per_second = 0;
  double decode_tokens_per_second = 0;
};

/// All runs of one variant, one per seed.
struct variant_result {
  std::string name;
  int component_heads = 0;
  int composite_heads = 0;
  std::int64_t parameters = 0;
  std::int64_t cache_bytes_per_token = 0;
  std::vector<run_result> runs;

  /// The mean of a number over seeds.
  template <typename Number>
  double mean(const Number& number_of) const {
    double sum = 0;
    for (const run_result& run : runs) sum += number_of(run);
    return sum / double(runs.size());
  }
  double held_out_loss() const {
    return mean([](const run_result& run) { return run.held_out_loss; });
  }
  double train_tokens_per_second() const {
    return mean([](const run_result& run) { return run.train_tokens_per_second; });
  }
  double decode_tokens_per_second() const {
    return mean([](const run_result& run) { return run.decode_tokens_per_second; });
  }

  /// The standard deviation of the held-out loss over seeds; 0 for a single one.
  double spread() const {
    if (runs.size() < 2) return 0;
    const double center = held_out_loss();
    const double squares = mean([&](const run_result& run) { return std::pow(run.held_out_loss - center, 2); });
    return std::sqrt(squares * double(runs.size()) / double(runs.size() - 1));
  }

  /// The held-out loss at a point of the curve, over seeds.
  double curve_loss(std::size_t point) const {
    return mean([&](const run_result& run) { return run.record.curve[point].held_out_loss; });
  }
};

/// What the comparison found.
struct comparison {
  const corpus& text;
  ngram_baselines baselines;
  std::int64_t cached_tokens = 0;
  std::vector<variant_result> variants;
};

}  // namespace language_model
