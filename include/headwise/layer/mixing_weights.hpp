// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "headwise/composed_variant.hpp"
#include "headwise/policies/head_mixing.hpp"

namespace headwise {
namespace detail {

/// Whether the parameters of a mixing kind are its matrix, which then is neither formed nor stored a second time.
template <typename Kind>
inline constexpr bool learns_matrix = std::is_same_v<Kind, linear_mixing>;

/// Scratch for the matrix of a side whose parameters are something else.
template <typename Kind, int Components, int Composites, typename Scalar, typename Frame>
std::span<Scalar> take_matrix(Frame& frame) {
  constexpr int size = Components * Composites;
  if constexpr (Kind::mixes && !learns_matrix<Kind>) {
    return {frame.template take<Scalar>(size), static_cast<std::size_t>(size)};
  } else {
    return {};
  }
}

}  // namespace detail

/// The matrices W [C][G] of key and value mixing: a layer's parameters themselves, or formed from them in scratch. A
/// side that is not mixed has none.
template <any_attention_variant Variant, typename Scalar, typename Backend>
class mixing_weights {
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;

 public:
  template <typename Parameters>
  mixing_weights(const Parameters& parameters, typename Backend::workspace::frame& frame,
                 typename Backend::workspace& scratch)
      : key_(form<typename Variant::key_mixing>(parameters.key_mixing, frame, scratch)),
        value_(form<typename Variant::value_mixing>(parameters.value_mixing, frame, scratch)) {}

  std::span<const Scalar> key() const { return key_; }
  std::span<const Scalar> value() const { return value_; }

 private:
  template <typename Kind>
  static std::span<const Scalar> form(std::span<const Scalar> parameters, typename Backend::workspace::frame& frame,
                                      typename Backend::workspace& scratch) {
    if constexpr (detail::learns_matrix<Kind>) return parameters;
    const std::span<Scalar> matrix = detail::take_matrix<Kind, C, G, Scalar>(frame);
    if constexpr (Kind::mixes && !detail::learns_matrix<Kind>)
      Backend::template form_mixing<Kind, C, G>(parameters.data(), matrix.data(), scratch);
    return matrix;
  }

  std::span<const Scalar> key_;
  std::span<const Scalar> value_;
};

/// Where the gradients of these matrices are added: among the gradients of a layer's parameters, or to zeros in
/// scratch, from where `carry_back` adds them.
template <any_attention_variant Variant, typename Scalar, typename Backend>
class mixing_weight_gradients {
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;
  using key_kind = typename Variant::key_mixing;
  using value_kind = typename Variant::value_mixing;

 public:
  template <typename Gradients>
  mixing_weight_gradients(Gradients& gradients, typename Backend::workspace::frame& frame,
                          typename Backend::workspace& scratch)
      : key_(place<key_kind>(gradients.key_mixing, frame, scratch)),
        value_(place<value_kind>(gradients.value_mixing, frame, scratch)) {}

  std::span<Scalar> key() const { return key_; }
  std::span<Scalar> value() const { return value_; }

  /// Adds the gradients of the parameters that the matrices were formed from.
  template <typename Parameters, typename Gradients>
  void carry_back(const Parameters& parameters, Gradients& gradients, typename Backend::workspace& scratch) const {
    carry_back<key_kind>(parameters.key_mixing, key_, gradients.key_mixing, scratch);
    carry_back<value_kind>(parameters.value_mixing, value_, gradients.value_mixing, scratch);
  }

 private:
  template <typename Kind>
  static std::span<Scalar> place(std::span<Scalar> gradients, typename Backend::workspace::frame& frame,
                                 typename Backend::workspace& scratch) {
    if constexpr (detail::learns_matrix<Kind>) return gradients;
    const std::span<Scalar> zeros = detail::take_matrix<Kind, C, G, Scalar>(frame);
    if (!zeros.empty()) scratch.fill_with_zeros(zeros.data(), C * G);
    return zeros;
  }
  template <typename Kind>
  static void carry_back(std::span<const Scalar> parameters, std::span<const Scalar> weight_gradients,
                         std::span<Scalar> gradients, typename Backend::workspace& scratch) {
    if constexpr (Kind::mixes && !detail::learns_matrix<Kind>)
      Backend::template form_mixing_backward<Kind, C, G>(parameters.data(), weight_gradients.data(), gradients.data(),
                                                         scratch);
  }

  std::span<Scalar> key_;
  std::span<Scalar> value_;
};

}  // namespace headwise
