// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>

#include "headwise/composed_variant.hpp"

namespace headwise {

/// The matrices W [C][G] of key and value mixing, formed from a layer's parameters (or their gradients, on the way
/// back), in scratch. A side that is not mixed has none.
template <any_attention_variant Variant, typename Scalar, typename Backend>
class mixing_weights {
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;
  using key_kind = typename Variant::key_mixing;
  using value_kind = typename Variant::value_mixing;

 public:
  /// Zeros, to collect gradients in.
  explicit mixing_weights(typename Backend::workspace::frame& frame)
      : key_(take<key_kind>(frame)), value_(take<value_kind>(frame)) {
    std::fill(key_.begin(), key_.end(), Scalar(0));
    std::fill(value_.begin(), value_.end(), Scalar(0));
  }

  /// The matrices that `parameters` stand for.
  template <typename Parameters>
  mixing_weights(const Parameters& parameters, typename Backend::workspace::frame& frame)
      : key_(take<key_kind>(frame)), value_(take<value_kind>(frame)) {
    if constexpr (key_kind::mixes)
      Backend::template form_mixing<key_kind, C, G>(parameters.key_mixing.data(), key_.data());
    if constexpr (value_kind::mixes)
      Backend::template form_mixing<value_kind, C, G>(parameters.value_mixing.data(), value_.data());
  }

  std::span<const Scalar> key() const { return key_; }
  std::span<const Scalar> value() const { return value_; }
  std::span<Scalar> key() { return key_; }
  std::span<Scalar> value() { return value_; }

  /// With gradients of W in here: adds the gradients of the parameters that W was formed from.
  template <typename Parameters>
  void backward(const Parameters& parameters, Parameters& gradients) const {
    if constexpr (key_kind::mixes)
      Backend::template form_mixing_backward<key_kind, C, G>(parameters.key_mixing.data(), key_.data(),
                                                             gradients.key_mixing.data());
    if constexpr (value_kind::mixes)
      Backend::template form_mixing_backward<value_kind, C, G>(parameters.value_mixing.data(), value_.data(),
                                                               gradients.value_mixing.data());
  }

 private:
  template <typename Kind>
  static std::span<Scalar> take(typename Backend::workspace::frame& frame) {
    if constexpr (Kind::mixes) {
      return {frame.template take<Scalar>(C * G), static_cast<std::size_t>(C * G)};
    } else {
      return {};
    }
  }

  std::span<Scalar> key_;
  std::span<Scalar> value_;
};

}  // namespace headwise
