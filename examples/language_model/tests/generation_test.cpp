// SPDX-License-Identifier: Apache-2.0
#include "generation.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/embedding.hpp"
#include "model/model_kinds.hpp"

namespace language_model {
namespace {

TEST_CASE("drawing follows the probabilities") {
  std::vector<float> logits(vocabulary, -100.0F);
  logits['x'] = 1;
  std::mt19937_64 generator(1);
  for (int i = 0; i < 50; ++i) CHECK(draw_byte(logits, 1, generator) == 'x');

  logits['y'] = 1 + std::log(3.0F);
  int y = 0;
  for (int i = 0; i < 4000; ++i) y += draw_byte(logits, 1, generator) == 'y' ? 1 : 0;
  CHECK(y > 2850);
  CHECK(y < 3150);
}

TEST_CASE("a continuation has its length, whatever the prompt and the context") {
  const auto model = model_kind_named("head_mixing_half_cache").make({.d_model = 64, .heads = 4, .layers = 1});
  for (const std::string prompt : {"a", "a prompt that is longer than the context"})
    for (const std::int64_t context : {1, 2, 16}) {
      const std::string text = continuation(*model, prompt, 40, context, 1, 9);
      CHECK(text.size() == 40);
      CHECK(text == continuation(*model, prompt, 40, context, 1, 9));
    }
  CHECK(decoding_speed(*model, std::vector<std::uint8_t>{1, 2, 3}, 300) > 0);
}

TEST_CASE("nothing reaches a terminal that is not text") { CHECK(printable("a\nb\t\x1b[1m\xff") == "a\nb\t?[1m?"); }

}  // namespace
}  // namespace language_model
