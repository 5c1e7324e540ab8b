// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"

namespace headwise::wsd {

/// A batch size from so many tokens on, as trainers are told.
struct batch_switch {
  std::int64_t tokens = 0;
  std::int64_t samples = 0;  ///< per step

  bool operator==(const batch_switch&) const = default;
};

namespace detail {

struct magnitude {
  char suffix;
  std::int64_t value;
};
inline constexpr magnitude magnitudes[] = {
    {'T', 1'000'000'000'000}, {'B', 1'000'000'000}, {'M', 1'000'000}, {'K', 1'000}};

/// 125000000000 as 125B; what no suffix divides stays as it is.
inline std::string with_suffix(std::int64_t value) {
  for (const auto& [suffix, size] : magnitudes)
    if (value > 0 && value % size == 0) return std::to_string(value / size) + suffix;
  return std::to_string(value);
}

/// The number of a text such as 768 or 125B. Throws `headwise::error` if it is none.
inline std::int64_t number_of(std::string_view text) {
  std::int64_t size = 1;
  std::string_view digits = text;
  for (const auto& [suffix, value] : magnitudes)
    if (!digits.empty() && std::toupper(static_cast<unsigned char>(digits.back())) == suffix) {
      size = value;
      digits.remove_suffix(1);
      break;
    }
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = problem == std::errc() && end == digits.data() + digits.size() && number >= 0 &&
                         number <= std::numeric_limits<std::int64_t>::max() / size;
  headwise::detail::require(is_number, "text", text, "whole numbers, with K, M, B or T");
  return number * size;
}

}  // namespace detail

/// The switches of a schedule in samples of `sequence_length` tokens. Throws `headwise::error` if a batch is no whole
/// number of them.
inline std::vector<batch_switch> switches_of(const batch_schedule& schedule, std::int64_t sequence_length) {
  std::vector<batch_switch> switches;
  for (const batch_stage& stage : schedule.stages)
    switches.push_back({stage.first_token, batch_in_samples(stage, sequence_length)});
  return switches;
}

/// The argument of Megatron-LM's --step-batch-size-schedule: "0:768 250B:1536".
inline std::string megatron_schedule(const batch_schedule& schedule, std::int64_t sequence_length) {
  std::string text;
  for (const auto& [tokens, samples] : switches_of(schedule, sequence_length))
    text += (text.empty() ? "" : " ") + detail::with_suffix(tokens) + ":" + std::to_string(samples);
  return text;
}

/// The switches of such an argument. Throws `headwise::error` for any other text.
inline std::vector<batch_switch> parse_megatron_schedule(std::string_view text) {
  std::vector<batch_switch> switches;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view entry = text.substr(at, end - at);
    at = end + 1;
    if (entry.empty()) continue;
    const std::size_t colon = entry.find(':');
    headwise::detail::require(colon != std::string_view::npos, "text", entry, "entries of the form tokens:samples");
    switches.push_back({detail::number_of(entry.substr(0, colon)), detail::number_of(entry.substr(colon + 1))});
  }
  return switches;
}

/// The two lists of OLMo-core's batch size scheduler.
struct olmo_core_lists {
  std::vector<std::int64_t> batch_sizes;  ///< in tokens
  std::vector<std::int64_t> schedule;     ///< tokens at which each begins
};

/// The lists of a schedule. Throws `headwise::error` where a batch is no whole multiple of the one before, which
/// OLMo-core does not know.
inline olmo_core_lists olmo_core_schedule(const batch_schedule& schedule) {
  olmo_core_lists lists;
  for (const batch_stage& stage : schedule.stages) {
    if (!lists.batch_sizes.empty())
      headwise::detail::require(
          stage.batch % lists.batch_sizes.back() == 0, "schedule",
          headwise::detail::words("with ", stage.batch, " tokens behind ", lists.batch_sizes.back()),
          "whole factors from batch to batch, as integer_factors gives them");
    lists.batch_sizes.push_back(stage.batch);
    lists.schedule.push_back(stage.first_token);
  }
  return lists;
}

}  // namespace headwise::wsd
