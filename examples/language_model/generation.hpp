// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/byte_model.hpp"

namespace language_model {

/// Draws a byte with probability softmax(logits / temperature).
inline std::uint8_t draw_byte(std::span<const float> logits, double temperature, std::mt19937_64& generator) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> reached;
  double sum = 0;
  for (const float logit : logits) reached.push_back(sum += std::exp((double(logit) - largest) / temperature));
  const double place = std::uniform_real_distribution<double>(0, sum)(generator);
  const auto byte = std::upper_bound(reached.begin(), reached.end() - 1, place) - reached.begin();
  return static_cast<std::uint8_t>(byte);
}

/// The text that follows a prompt, `count` bytes. Models are at home within the context they were trained with: when it
/// is full, the decoder starts again from its later half.
inline std::string continuation(byte_model& model, std::string_view prompt, std::size_t count, std::int64_t context,
                                double temperature, std::uint64_t seed) {
  const auto room = static_cast<std::size_t>(context);
  std::vector<std::uint8_t> text(prompt.begin(), prompt.end());
  std::mt19937_64 generator(seed);
  const auto decoder = model.make_decoder(context);
  std::size_t first = text.size() - std::min(text.size(), room);
  std::size_t read = first;
  std::span<const float> logits;
  while (text.size() < prompt.size() + count) {
    if (text.size() - first > room) {
      decoder->clear();
      read = first = text.size() - std::max<std::size_t>(1, room / 2);
    }
    logits = decoder->read(std::span<const std::uint8_t>(text).subspan(read));
    read = text.size();
    text.push_back(draw_byte(logits, temperature, generator));
  }
  return {text.begin() + static_cast<std::ptrdiff_t>(prompt.size()), text.end()};
}

/// Bytes that a terminal could misunderstand, as question marks.
inline std::string printable(std::string text) {
  for (char& c : text)
    if (c != '\n' && c != '\t' && (c < ' ' || c > '~')) c = '?';
  return text;
}

/// Tokens per second of decoding one by one behind `cached_tokens` bytes of a text, repeated as often as needed.
/// Rotary positions let a model run past the context that it was trained with.
inline double decoding_speed(byte_model& model, std::span<const std::uint8_t> text, std::int64_t cached_tokens) {
  using clock = std::chrono::steady_clock;
  constexpr std::int64_t piece = 256;
  constexpr std::int64_t most_steps = 256;
  constexpr std::int64_t unmeasured_steps = 4;
  constexpr double enough_seconds = 0.5;
  const auto byte_at = [&](std::int64_t i) { return text[static_cast<std::size_t>(i) % text.size()]; };

  const auto decoder = model.make_decoder(cached_tokens + most_steps);
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < cached_tokens; ++i) {
    bytes.push_back(byte_at(i));
    if (i + 1 == cached_tokens || std::ssize(bytes) == piece) {
      decoder->read(bytes);
      bytes.clear();
    }
  }
  clock::time_point start = clock::now();
  for (std::int64_t step = 0; step < most_steps; ++step) {
    if (step == unmeasured_steps) start = clock::now();
    const std::uint8_t next = byte_at(cached_tokens + step);
    decoder->read({&next, 1});
    const double seconds = std::chrono::duration<double>(clock::now() - start).count();
    if (step > unmeasured_steps && seconds > enough_seconds) return double(step + 1 - unmeasured_steps) / seconds;
  }
  return double(most_steps - unmeasured_steps) / std::chrono::duration<double>(clock::now() - start).count();
}

}  // namespace language_model
