// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <headwise/layer/attention_layer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/parameter.hpp"

namespace language_model {

/// The library's layer with its gradients, as one part of a model.
template <typename Variant, typename Scalar, typename Backend>
struct attention {
  using layer_type = headwise::attention_layer<Variant, Scalar, Backend>;

  layer_type layer;
  typename layer_type::gradients_type gradients;

  explicit attention(const headwise::attention_layer_settings& settings)
      : layer(settings), gradients(layer.make_gradients()) {}

  /// Calls `visit(parameter_view)` for every parameter that the variant has.
  template <typename Visit>
  void for_each_parameter(const std::string& prefix, const Visit& visit) {
    std::vector<std::span<Scalar>> gradient_of;
    gradients.for_each([&](std::string_view, auto& values) { gradient_of.emplace_back(values); });
    std::size_t next = 0;
    layer.parameters().for_each([&](std::string_view name, auto& values) {
      const auto count = static_cast<std::int64_t>(values.size());
      visit(parameter_view<Scalar>{prefix + std::string(name), shape(name, count), values, gradient_of[next++]});
    });
  }

 private:
  std::vector<std::int64_t> shape(std::string_view name, std::int64_t count) const {
    const std::int64_t d_model = layer.settings().d_model;
    if (name == "output_projection") return {count / d_model, d_model};
    if (name.ends_with("_projection")) return {d_model, count / d_model};
    if (name.ends_with("_mixing") && count == Variant::component_heads * Variant::composite_heads)
      return {Variant::component_heads, Variant::composite_heads};
    return {count};
  }
};

}  // namespace language_model
