// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "text/corpus.hpp"

namespace language_model {

/// A model of bytes by counting what followed the last `order - 1` of them, smoothed by interpolated Witten-Bell, which
/// has no constants to choose: with c(h, b) the count of b after h, n(h) their sum and t(h) the number of different b,
/// p(b | h) = (c(h, b) + t(h) p(b | h without its first byte)) / (n(h) + t(h)), and 1/256 under the last level.
class ngram_model {
 public:
  static constexpr std::size_t kinds_of_bytes = 256;

  ngram_model(std::span<const std::uint8_t> text, int order) {
    for (int length = 0; length < order; ++length) levels_.emplace_back(text, static_cast<std::size_t>(length));
  }

  /// The probability of `byte` after `history`, of which the end is read, as far as it reaches.
  double probability(std::span<const std::uint8_t> history, std::uint8_t byte) const {
    double p = 1.0 / kinds_of_bytes;
    for (std::size_t length = 0; length < levels_.size() && length <= history.size(); ++length) {
      const level& at = levels_[length];
      const std::size_t h = index_of(history.last(length));
      const double different = at.different[h];
      if (different > 0) p = (at.counts[h * kinds_of_bytes + byte] + different * p) / (at.totals[h] + different);
    }
    return p;
  }

 private:
  /// Histories of one length as the digits of a number.
  static std::size_t index_of(std::span<const std::uint8_t> history) {
    std::size_t index = 0;
    for (const std::uint8_t byte : history) index = index * kinds_of_bytes + byte;
    return index;
  }

  struct level {
    std::vector<std::uint32_t> counts;
    std::vector<std::uint32_t> totals;
    std::vector<std::uint32_t> different;

    level(std::span<const std::uint8_t> text, std::size_t length) {
      std::size_t histories = 1;
      for (std::size_t i = 0; i < length; ++i) histories *= kinds_of_bytes;
      counts.resize(histories * kinds_of_bytes);
      totals.resize(histories);
      different.resize(histories);
      for (std::size_t i = length; i < text.size(); ++i) {
        const std::size_t h = index_of(text.subspan(i - length, length));
        ++totals[h];
        if (counts[h * kinds_of_bytes + text[i]]++ == 0) ++different[h];
      }
    }
  };

  std::vector<level> levels_;
};

/// The mean of -log p over the held-out bytes but the first, which transformers cannot be asked for either.
inline double held_out_loss(const ngram_model& model, const corpus& text) {
  double nats = 0;
  for (std::size_t i = text.first_held_out() + 1; i < text.bytes().size(); ++i)
    nats -= std::log(model.probability(text.bytes().first(i), text.bytes()[i]));
  return nats / double(text.held_out().size() - 1);
}

/// What models that know neither words nor heads reach: the held-out losses that a transformer has to beat.
struct ngram_baselines {
  double unigram = 0;
  double bigram = 0;
  double trigram = 0;

  explicit ngram_baselines(const corpus& text)
      : unigram(held_out_loss(ngram_model(text.training(), 1), text)),
        bigram(held_out_loss(ngram_model(text.training(), 2), text)),
        trigram(held_out_loss(ngram_model(text.training(), 3), text)) {}
};

}  // namespace language_model
