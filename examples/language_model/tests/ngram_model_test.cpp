// SPDX-License-Identifier: Apache-2.0
#include "text/ngram_model.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace language_model {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST_CASE("unigrams are counts, with one more count for every different byte") {
  const ngram_model model(bytes_of("aab"), 1);
  CHECK(model.probability({}, 'a') == doctest::Approx((2 + 2.0 / 256) / 5));
  CHECK(model.probability({}, 'b') == doctest::Approx((1 + 2.0 / 256) / 5));
  CHECK(model.probability({}, 'c') == doctest::Approx((2.0 / 256) / 5));
}

TEST_CASE("bigrams fall back to unigrams") {
  const auto text = bytes_of("abab");
  const ngram_model unigrams(text, 1);
  const ngram_model bigrams(text, 2);
  const auto a = bytes_of("a");
  const auto c = bytes_of("c");
  // a was followed by b twice, and by nothing else.
  CHECK(bigrams.probability(a, 'b') == doctest::Approx((2 + unigrams.probability({}, 'b')) / 3));
  CHECK(bigrams.probability(a, 'a') == doctest::Approx(unigrams.probability({}, 'a') / 3));
  CHECK(bigrams.probability(c, 'b') == unigrams.probability({}, 'b'));
}

TEST_CASE("trigrams read the last two bytes of a history") {
  const auto text = bytes_of("xaby abz");
  const ngram_model bigrams(text, 2);
  const ngram_model trigrams(text, 3);
  const auto history = bytes_of("..ab");
  const auto b = bytes_of("b");
  CHECK(trigrams.probability(history, 'y') == doctest::Approx((1 + 2 * bigrams.probability(b, 'y')) / 4));
  CHECK(trigrams.probability(b, 'y') == bigrams.probability(b, 'y'));
}

TEST_CASE("probabilities after any history sum to one") {
  const auto text = bytes_of("the theme of the thesis is that these things thin");
  for (const int order : {1, 2, 3}) {
    const ngram_model model(text, order);
    for (const std::string_view history : {"", "t", "th", "zz", "ez", "ze", "is "}) {
      double sum = 0;
      for (int byte = 0; byte < 256; ++byte)
        sum += model.probability(bytes_of(history), static_cast<std::uint8_t>(byte));
      CHECK(sum == doctest::Approx(1));
    }
  }
}

TEST_CASE("the held-out loss is the mean over the last tenth but its first byte") {
  std::vector<std::uint8_t> bytes(20, 'a');
  bytes[19] = 'b';
  const corpus text("test", bytes);
  CHECK(text.training().size() == 18);
  CHECK(text.held_out().size() == 2);
  const ngram_model model(text.training(), 1);
  CHECK(held_out_loss(model, text) == doctest::Approx(-std::log((1.0 / 256) / 19)));
}

}  // namespace
}  // namespace language_model
