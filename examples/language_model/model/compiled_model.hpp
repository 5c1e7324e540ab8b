// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend.hpp"
#include "model/byte_model.hpp"
#include "model/compiled_shapes.hpp"
#include "model/model_kinds.hpp"
#include "model/model_settings.hpp"
#include "model/transformer.hpp"

namespace language_model {

/// A transformer of one variant behind the interface that knows none.
template <typename Variant>
class compiled_model final : public byte_model {
  using model_type = transformer<Variant, float, backend>;

 public:
  explicit compiled_model(const model_settings& settings) : layers_(settings.layers), model_(settings) {}

  std::vector<parameter_view<float>> parameters() override { return model_.parameters(); }
  double loss(const byte_batch& bytes) override { return model_.loss(bytes); }
  double loss_and_gradients(const byte_batch& bytes) override { return model_.loss_and_gradients(bytes); }
  std::unique_ptr<byte_decoder> make_decoder(std::int64_t capacity) override {
    return std::make_unique<decoder>(model_, capacity);
  }
  std::int64_t cache_bytes_per_token() const override {
    return layers_ * static_cast<std::int64_t>(Variant::template kv_cache_bytes_per_token<float>);
  }
  int component_heads() const override { return Variant::component_heads; }
  int composite_heads() const override { return Variant::composite_heads; }

 private:
  class decoder final : public byte_decoder {
   public:
    decoder(model_type& model, std::int64_t capacity) : model_(model), caches_(model.make_caches(capacity)) {}

    std::span<const float> read(std::span<const std::uint8_t> bytes) override {
      model_.prefill(bytes, caches_, logits_.data());
      return logits_;
    }
    void clear() override {
      for (auto& cache : caches_) cache.clear();
    }

   private:
    model_type& model_;
    typename model_type::caches_type caches_;
    std::array<float, vocabulary> logits_{};
  };

  std::int64_t layers_;
  model_type model_;
};

// The definition of what model_kinds.hpp declares; every variant is compiled in a file of its own.
template <template <int Heads, int HeadDim> typename Variant>
std::unique_ptr<byte_model> make_model(const model_settings& settings) {
  require_compiled(settings.d_model, settings.heads);
  std::unique_ptr<byte_model> model;
  compiled_shapes::select(settings.d_model, settings.heads, [&](auto shape) {
    model = std::make_unique<compiled_model<Variant<shape.heads, shape.head_dim>>>(settings);
  });
  return model;
}

}  // namespace language_model
