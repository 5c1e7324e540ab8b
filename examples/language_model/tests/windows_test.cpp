// SPDX-License-Identifier: Apache-2.0
#include "training/windows.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace language_model {
namespace {

/// Remembers what it was asked to predict. Its loss is the mean target, so that weights of batches show.
class listening_model final : public byte_model {
 public:
  std::map<int, int> predicted;
  std::int64_t largest_batch = 0;

  double loss(const byte_batch& bytes) override {
    largest_batch = std::max(largest_batch, bytes.batch);
    for (std::size_t i = 0; i < bytes.targets.size(); ++i) {
      CHECK(bytes.targets[i] == bytes.inputs[i] + 1);
      ++predicted[bytes.targets[i]];
    }
    return std::accumulate(bytes.targets.begin(), bytes.targets.end(), 0.0) / double(bytes.targets.size());
  }
  double loss_and_gradients(const byte_batch& bytes) override { return loss(bytes); }
  std::vector<parameter_view<float>> parameters() override { return {}; }
  std::unique_ptr<byte_decoder> make_decoder(std::int64_t /*capacity*/) override { return nullptr; }
  std::int64_t cache_bytes_per_token() const override { return 0; }
  int component_heads() const override { return 1; }
  int composite_heads() const override { return 1; }
};

std::vector<std::uint8_t> counting(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

TEST_CASE("the mean loss asks for every byte but the first exactly once") {
  for (const std::size_t length : {2U, 16U, 17U, 18U, 100U, 113U}) {
    CAPTURE(length);
    listening_model model;
    const double mean = mean_loss(model, counting(length), 3, 16);
    CHECK(model.predicted.size() == length - 1);
    for (const auto& [byte, times] : model.predicted) CHECK(times == 1);
    CHECK(model.largest_batch <= 3);
    CHECK(mean == doctest::Approx(double(length) / 2));
  }
}

TEST_CASE("a sample of windows is spread over the text") {
  listening_model model;
  mean_loss(model, counting(161), 4, 16, 5);
  CHECK(model.predicted.size() == 5 * 16);
  CHECK(model.predicted.count(1) == 1);
  CHECK(model.predicted.rbegin()->first > 128);
}

TEST_CASE("the batch of a step depends on seed and step alone") {
  const auto text = counting(200);
  const byte_batch batch = training_batch(text, 4, 16, 1, 5);
  CHECK(batch.inputs.size() == 64);
  CHECK(batch.inputs == training_batch(text, 4, 16, 1, 5).inputs);
  CHECK(batch.inputs != training_batch(text, 4, 16, 1, 6).inputs);
  CHECK(batch.inputs != training_batch(text, 4, 16, 2, 5).inputs);
}

TEST_CASE("a text that is one window long is enough") {
  CHECK(training_batch(counting(17), 2, 16, 0, 1).targets.back() == 16);
}

}  // namespace
}  // namespace language_model
