// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <headwise/composed_variant.hpp>
#include <headwise/core/token_view.hpp>
#include <span>
#include <string>
#include <vector>

#include "model/block.hpp"
#include "model/byte_batch.hpp"
#include "model/cross_entropy.hpp"
#include "model/embedding.hpp"
#include "model/model_settings.hpp"
#include "model/parameter.hpp"
#include "model/random.hpp"
#include "model/rms_norm.hpp"

namespace language_model {

/// A byte-level transformer: embedding, pre-norm blocks, a last norm, and logits from the transposed embedding. The
/// attention variant is all that differs from model to model.
template <headwise::any_attention_variant Variant, typename Scalar, typename Backend>
class transformer {
 public:
  using block_type = block<Variant, Scalar, Backend>;
  using workspace = typename Backend::workspace;
  static constexpr int width = block_type::width;

  explicit transformer(const model_settings& settings)
      : embedding_(embedding_deviation, derived_seed(settings.seed, 0)),
        saved_(static_cast<std::size_t>(settings.layers)),
        stream_(static_cast<std::size_t>(settings.layers) + 1) {
    for (std::int64_t layer = 0; layer < settings.layers; ++layer)
      blocks_.emplace_back(settings, derived_seed(settings.seed, static_cast<std::uint64_t>(layer) + 1));
  }

  /// The mean loss of a batch, in nats per byte.
  double loss(const byte_batch& bytes) {
    forward(bytes);
    return cross_entropy<false>(logits_.data(), std::span(bytes.targets));
  }

  /// The same; adds to the gradients of all parameters.
  double loss_and_gradients(const byte_batch& bytes) {
    forward(bytes);
    const double loss = cross_entropy<true>(logits_.data(), std::span(bytes.targets));
    backward(bytes);
    return loss;
  }

  /// The logits of the last `loss`, [batch][tokens][vocabulary].
  std::span<const Scalar> logits() const { return logits_; }

  /// Every parameter with its gradient, always in the same order. The views live as long as the model.
  std::vector<parameter_view<Scalar>> parameters() {
    std::vector<parameter_view<Scalar>> all;
    const auto collect = [&](parameter_view<Scalar> view) { all.push_back(std::move(view)); };
    collect(embedding_.table.weight.view("embedding"));
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer)
      blocks_[layer].for_each_parameter("blocks." + std::to_string(layer) + ".", collect);
    collect(last_norm_.gain.view("last_norm"));
    return all;
  }

  /// Keys and values of what a decoder has read so far, one cache per block.
  using caches_type = std::vector<typename block_type::cache_type>;

  caches_type make_caches(std::int64_t capacity) const {
    caches_type caches;
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer) caches.emplace_back(1, capacity);
    return caches;
  }

  /// Reads bytes behind those that are cached and writes the logits [vocabulary] of the byte that follows them.
  void prefill(std::span<const std::uint8_t> bytes, caches_type& caches, Scalar* next_logits) {
    const auto tokens = static_cast<std::int64_t>(bytes.size());
    const auto x = sized(stream_[0], 1, tokens);
    embedding_.look_up(bytes, x.data);
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer)
      blocks_[layer].prefill(x, caches[layer], saved_[layer].mlp, scratch_);
    const auto last = headwise::batch_token_view(x.data + (tokens - 1) * width, 1, 1, width);
    const auto normalized = sized(normalized_, 1, 1);
    last_norm_.forward(last, normalized, scratch_);
    embedding_.logits(normalized, headwise::batch_token_view(next_logits, 1, 1, vocabulary), scratch_);
  }

 private:
  static constexpr double embedding_deviation = 0.02;

  void forward(const byte_batch& bytes) {
    const std::int64_t batch = bytes.batch;
    const std::int64_t tokens = bytes.tokens;
    embedding_.look_up(bytes.inputs, sized(stream_[0], batch, tokens).data);
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer)
      blocks_[layer].forward(sized(stream_[layer], batch, tokens), sized(stream_[layer + 1], batch, tokens),
                             saved_[layer], scratch_);
    const auto normalized = sized(normalized_, batch, tokens);
    last_norm_.forward(sized(stream_.back(), batch, tokens), normalized, scratch_);
    embedding_.logits(normalized, sized(logits_, batch, tokens, vocabulary), scratch_);
  }

  /// With the gradient of the logits in their place.
  void backward(const byte_batch& bytes) {
    const std::int64_t batch = bytes.batch;
    const std::int64_t tokens = bytes.tokens;
    const auto normalized = sized(normalized_, batch, tokens);
    const auto normalized_gradient = sized(normalized_gradient_, batch, tokens);
    const auto gradient = sized(stream_gradient_, batch, tokens);
    embedding_.logits_backward(normalized, sized(logits_, batch, tokens, vocabulary), normalized_gradient, scratch_);
    last_norm_.backward(sized(stream_.back(), batch, tokens), normalized_gradient, gradient, scratch_);
    for (std::size_t layer = blocks_.size(); layer-- > 0;)
      blocks_[layer].backward(sized(stream_[layer], batch, tokens), saved_[layer], gradient, scratch_);
    embedding_.look_up_backward(bytes.inputs, gradient.data);
  }

  static headwise::token_view<Scalar> sized(std::vector<Scalar>& buffer, std::int64_t batch, std::int64_t tokens,
                                            std::int64_t features = width) {
    buffer.resize(static_cast<std::size_t>(batch * tokens * features));
    return headwise::batch_token_view(buffer.data(), batch, tokens, features);
  }

  embedding<width, Scalar, Backend> embedding_;
  std::vector<block_type> blocks_;
  rms_norm<width, Scalar, Backend> last_norm_;

  // Buffers that are used again from call to call.
  std::vector<typename block_type::saved_type> saved_;
  std::vector<std::vector<Scalar>> stream_;  // what goes into every block, and what comes out of the last
  std::vector<Scalar> normalized_;
  std::vector<Scalar> logits_;
  std::vector<Scalar> normalized_gradient_;
  std::vector<Scalar> stream_gradient_;
  workspace scratch_;
};

}  // namespace language_model
