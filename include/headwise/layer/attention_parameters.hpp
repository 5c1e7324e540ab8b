// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "headwise/composed_variant.hpp"
#include "headwise/core/error.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_memory.hpp"

namespace headwise {

/// The run-time settings of a layer.
struct attention_layer_settings {
  /// M, the features of a token.
  std::int64_t d_model = 0;
  /// Biases on all four projections.
  bool bias = false;
  /// First value of every norm's gain.
  double initial_gain = 1;
  /// Standard deviation of the first projection weights; 0 stands for 1 / sqrt(d_model).
  double weight_deviation = 0;
  /// The same for the output projection; 0 stands for weight_deviation.
  double output_deviation = 0;
  std::uint64_t seed = 0;
};

/// The parameters of one attention layer, or their gradients: the same names, the same shapes. Matrices are stored row
/// by row; what a variant does not have is empty.
template <any_attention_variant Variant, typename Scalar, typename Memory = host_memory>
struct attention_parameters {
  using buffer = typename Memory::template buffer<Scalar>;

  buffer query_projection;      ///< [M][H * D]
  buffer key_projection;        ///< [M][C * D]
  buffer value_projection;      ///< [M][C * D_v]
  buffer output_projection;     ///< [H * D_v][M]
  buffer query_bias;            ///< [H * D]
  buffer key_bias;              ///< [C * D]
  buffer value_bias;            ///< [C * D_v]
  buffer output_bias;           ///< [M]
  buffer key_mixing;            ///< parameters of the mixing kind; [C][G] for linear mixing
  buffer value_mixing;          ///< parameters of the mixing kind; [C][G] for linear mixing
  buffer component_key_gain;    ///< norm before mixing
  buffer component_value_gain;  ///< norm before mixing
  buffer composite_key_gain;    ///< norm after mixing
  buffer composite_value_gain;  ///< norm after mixing
  buffer output_gain;           ///< norm after attention

  /// Zeros of the right sizes.
  explicit attention_parameters(const attention_layer_settings& settings) {
    const std::int64_t d_model = settings.d_model;
    detail::require(d_model > 0, "d_model", d_model, "a positive number");
    const auto size = [](buffer& b, std::int64_t n) {
      b.resize(static_cast<std::size_t>(n));
      Memory::set_zero(b);
    };
    size(query_projection, d_model * query_features);
    size(key_projection, d_model * key_features);
    size(value_projection, d_model * value_features);
    size(output_projection, attended_features * d_model);
    if (settings.bias) {
      size(query_bias, query_features);
      size(key_bias, key_features);
      size(value_bias, value_features);
      size(output_bias, d_model);
    }
    size(key_mixing, Variant::key_mixing_parameters);
    size(value_mixing, Variant::value_mixing_parameters);
    size(component_key_gain, Variant::component_key_gains);
    size(component_value_gain, Variant::component_value_gains);
    size(composite_key_gain, Variant::composite_key_gains);
    size(composite_value_gain, Variant::composite_value_gains);
    size(output_gain, Variant::output_gains);
  }

  static constexpr std::int64_t query_features = std::int64_t{Variant::query_heads} * Variant::head_dim;
  static constexpr std::int64_t key_features = std::int64_t{Variant::component_heads} * Variant::head_dim;
  static constexpr std::int64_t value_features = std::int64_t{Variant::component_heads} * Variant::value_dim;
  static constexpr std::int64_t attended_features = std::int64_t{Variant::query_heads} * Variant::value_dim;

  /// Calls `visit(name, values)` for every parameter that the variant has, always in the same order: for optimisers,
  /// checkpoints and gradient checks.
  template <typename Visit>
  void for_each(const Visit& visit) {
    visit_all(*this, visit);
  }
  template <typename Visit>
  void for_each(const Visit& visit) const {
    visit_all(*this, visit);
  }

  // What works on whole parameters and is given no workspace does so wherever its memory does that. On CUDA it is the
  // default stream, which a stream made with cudaStreamNonBlocking does not wait for: synchronise such a stream before,
  // or give its workspace.

  /// Sets everything to zero, as gradients are before a step.
  void set_zero() {
    for_each([](std::string_view, buffer& values) { Memory::set_zero(values); });
  }
  /// The same, in the order of the workspace.
  template <typename Workspace>
  void set_zero(Workspace& scratch) {
    for_each([&](std::string_view, buffer& values) { Memory::set_zero(values, scratch); });
  }

  /// Takes over the numbers of parameters that live in another memory, in the order of a workspace of either memory
  /// where one is given.
  template <typename Other, typename... Workspace>
  requires(sizeof...(Workspace) <= 1) void assign(const attention_parameters<Variant, Scalar, Other>& other,
                                                  Workspace&... scratch) {
    std::vector<std::vector<Scalar>> all;
    other.for_each([&](std::string_view, const auto& values) { all.push_back(loaded<Other>(values, scratch...)); });
    std::size_t next = 0;
    for_each([&](std::string_view, buffer& values) { store(values, std::move(all[next++]), scratch...); });
  }

  /// The number of parameters.
  std::int64_t count() const {
    std::int64_t n = 0;
    for_each([&](std::string_view, const buffer& values) { n += static_cast<std::int64_t>(values.size()); });
    return n;
  }

  /// Gives every parameter its first value: normal weights, zero biases, mixing that starts as plain attention where
  /// C = G, and gains at `initial_gain`.
  void initialize(const attention_layer_settings& settings) {
    const double deviation =
        settings.weight_deviation > 0 ? settings.weight_deviation : 1 / std::sqrt(double(settings.d_model));
    const double output_deviation = settings.output_deviation > 0 ? settings.output_deviation : deviation;
    std::mt19937_64 generator(settings.seed);
    std::normal_distribution<double> normal;
    const auto draw = [&](buffer& to, double scale) {
      std::vector<Scalar> values(to.size());
      for (Scalar& value : values) value = Scalar(sum_type<Scalar>(scale * normal(generator)));
      Memory::store(to, std::move(values));
    };
    draw(query_projection, deviation);
    draw(key_projection, deviation);
    draw(value_projection, deviation);
    draw(output_projection, output_deviation);
    if constexpr (Variant::key_mixing_parameters > 0) initialize_mixing<typename Variant::key_mixing>(key_mixing);
    if constexpr (Variant::value_mixing_parameters > 0) initialize_mixing<typename Variant::value_mixing>(value_mixing);
    for (buffer* gain :
         {&component_key_gain, &component_value_gain, &composite_key_gain, &composite_value_gain, &output_gain})
      Memory::store(*gain, std::vector<Scalar>(gain->size(), Scalar(sum_type<Scalar>(settings.initial_gain))));
  }

 private:
  // A workspace is given to whichever memory it belongs to.
  template <typename From, typename Values, typename... Workspace>
  static std::vector<Scalar> loaded(const Values& values, Workspace&... scratch) {
    if constexpr (requires { From::load(values, scratch...); })
      return From::load(values, scratch...);
    else
      return From::load(values);
  }
  template <typename... Workspace>
  static void store(buffer& to, std::vector<Scalar> values, Workspace&... scratch) {
    if constexpr (requires { Memory::store(to, std::move(values), scratch...); })
      Memory::store(to, std::move(values), scratch...);
    else
      Memory::store(to, std::move(values));
  }

  template <typename Kind>
  static void initialize_mixing(buffer& to) {
    std::vector<Scalar> values(to.size());
    Kind::template initialize<Variant::component_heads, Variant::composite_heads>(values.data());
    Memory::store(to, std::move(values));
  }

  template <typename Self, typename Visit>
  static void visit_all(Self& self, const Visit& visit) {
    const auto offer = [&](std::string_view name, auto& values) {
      if (!values.empty()) visit(name, values);
    };
    offer("query_projection", self.query_projection);
    offer("key_projection", self.key_projection);
    offer("value_projection", self.value_projection);
    offer("output_projection", self.output_projection);
    offer("query_bias", self.query_bias);
    offer("key_bias", self.key_bias);
    offer("value_bias", self.value_bias);
    offer("output_bias", self.output_bias);
    offer("key_mixing", self.key_mixing);
    offer("value_mixing", self.value_mixing);
    offer("component_key_gain", self.component_key_gain);
    offer("component_value_gain", self.component_value_gain);
    offer("composite_key_gain", self.composite_key_gain);
    offer("composite_value_gain", self.composite_value_gain);
    offer("output_gain", self.output_gain);
  }
};

}  // namespace headwise
