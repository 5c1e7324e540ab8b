// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "headwise/core/error.hpp"

namespace headwise::wsd {

/// No run and no batch has more tokens: sums of two such numbers still are 64-bit numbers.
inline constexpr std::int64_t most_tokens = std::int64_t{1} << 61;

/// A part of a run with one batch size.
struct batch_stage {
  std::int64_t batch = 0;        ///< in tokens per step
  std::int64_t steps = 0;        ///< whole steps
  std::int64_t first_step = 0;   ///< the steps before this stage
  std::int64_t first_token = 0;  ///< the tokens before this stage

  constexpr std::int64_t tokens() const { return batch * steps; }
  constexpr std::int64_t end_step() const { return first_step + steps; }
  constexpr std::int64_t end_token() const { return first_token + tokens(); }

  bool operator==(const batch_stage&) const = default;
};

/// How the batch grows over a run, stage by stage.
struct batch_schedule {
  std::vector<batch_stage> stages;

  std::int64_t steps() const { return stages.empty() ? 0 : stages.back().end_step(); }
  std::int64_t tokens() const { return stages.empty() ? 0 : stages.back().end_token(); }

  /// The batch size behind so many tokens.
  std::int64_t batch_at(std::int64_t tokens) const {
    std::int64_t batch = 0;
    for (const batch_stage& stage : stages)
      if (stage.first_token <= tokens) batch = stage.batch;
    return batch;
  }

  /// Goes on for `steps` with a batch size; a stage of the same one grows.
  void append(std::int64_t batch, std::int64_t steps) {
    if (!stages.empty() && stages.back().batch == batch) {
      stages.back().steps += steps;
    } else {
      stages.push_back({batch, steps, this->steps(), tokens()});
    }
  }

  bool operator==(const batch_schedule&) const = default;
};

/// The batch of a stage in samples of `sequence_length` tokens. Throws `headwise::error` unless it is a whole number of
/// them.
inline std::int64_t batch_in_samples(const batch_stage& stage, std::int64_t sequence_length) {
  headwise::detail::require(sequence_length > 0, "sequence_length", sequence_length, "a positive number");
  headwise::detail::require(stage.batch % sequence_length == 0, "schedule",
                            headwise::detail::words("with a batch of ", stage.batch, " tokens"),
                            headwise::detail::words("multiples of the sequence length, ", sequence_length));
  return stage.batch / sequence_length;
}

}  // namespace headwise::wsd
