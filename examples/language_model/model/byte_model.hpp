// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/byte_batch.hpp"
#include "model/parameter.hpp"

namespace language_model {

/// A model that reads one text, piece after piece, and says after each what it expects next.
class byte_decoder {
 public:
  virtual ~byte_decoder() = default;

  /// Reads bytes behind those it has read; returns the logits [vocabulary] of the byte that follows.
  virtual std::span<const float> read(std::span<const std::uint8_t> bytes) = 0;

  /// Forgets what it has read.
  virtual void clear() = 0;
};

/// A transformer of any attention variant, as all see it who need not know which: training, checkpoints, text.
class byte_model {
 public:
  virtual ~byte_model() = default;

  virtual std::vector<parameter_view<float>> parameters() = 0;

  /// The mean loss of a batch in nats per byte; the second also adds to the gradients of all parameters.
  virtual double loss(const byte_batch& bytes) = 0;
  virtual double loss_and_gradients(const byte_batch& bytes) = 0;

  /// A decoder of up to `capacity` bytes; it needs the model to live.
  virtual std::unique_ptr<byte_decoder> make_decoder(std::int64_t capacity) = 0;

  /// What one token takes in the key/value caches of all layers.
  virtual std::int64_t cache_bytes_per_token() const = 0;

  /// Heads that are cached, and heads that queries see.
  virtual int component_heads() const = 0;
  virtual int composite_heads() const = 0;

  std::int64_t parameter_count() {
    std::int64_t count = 0;
    for (const auto& view : parameters()) count += static_cast<std::int64_t>(view.values.size());
    return count;
  }
};

}  // namespace language_model
