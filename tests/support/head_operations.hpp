// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/policies/head_norm.hpp"
#include "support/head_tensor.hpp"
#include "support/operation_agreement.hpp"
#include "support/random.hpp"

namespace headwise::test {

// Operations on heads as `agrees_with_reference` asks for them.

/// Mixing of `C` components of `D` features to `G` composites.
template <int C, int G, int D>
struct mixing {
  static constexpr std::uint64_t seed = 61;
  token_counts size;
  double magnitude() const { return 8.0 * C; }

  template <typename Backend, typename Scalar, typename Stored>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed, rounded_to<Stored>);
    const auto components = random_tensor<Scalar, C, D>(size.batch, size.tokens, random);
    const auto weight = random.normals<Scalar>(C * G);
    head_tensor<Scalar, G, D> composites(size.batch, size.tokens);
    composites.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::mix_heads(components.view(), std::span<const Scalar>(weight), composites.view(), workspace);
    return values_of(composites);
  }
};

/// Its backward: the gradient of the components, then that of the weights.
template <int C, int G, int D>
struct mixing_backward {
  static constexpr std::uint64_t seed = 62;
  token_counts size;
  result_write write = result_write::overwrite;
  double magnitude() const { return 8.0 * std::max<double>(G, static_cast<double>(size.batch * size.tokens * D)); }

  template <typename Backend, typename Scalar, typename Stored>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed, rounded_to<Stored>);
    const auto components = random_tensor<Scalar, C, D>(size.batch, size.tokens, random);
    const auto composite_gradient = random_tensor<Scalar, G, D>(size.batch, size.tokens, random);
    const auto weight = random.normals<Scalar>(C * G);
    auto weight_gradient = random.normals<Scalar>(C * G);
    auto component_gradient = random_tensor<Scalar, C, D>(size.batch, size.tokens, random);
    if (write == result_write::overwrite) component_gradient.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::mix_heads_backward(components.view(), std::span<const Scalar>(weight), composite_gradient.view(),
                                component_gradient.view(), write, std::span<Scalar>(weight_gradient), workspace);
    return joined(values_of(component_gradient), weight_gradient);
  }
};

/// A norm of `Heads` heads of `Dim` features.
template <norm_settings Settings, int Heads, int Dim>
struct normalizing {
  static constexpr std::uint64_t seed = 63;
  token_counts size;
  double magnitude() const { return 32 * Settings.factor; }

  template <typename Backend, typename Scalar, typename Stored>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed, rounded_to<Stored>);
    const auto x = random_tensor<Scalar, Heads, Dim>(size.batch, size.tokens, random);
    const auto gain = random.normals<Scalar>(Settings.gains(Heads, Dim));
    head_tensor<Scalar, Heads, Dim> y(size.batch, size.tokens);
    y.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::template normalize_heads<Settings>(x.view(), std::span<const Scalar>(gain), y.view(), workspace);
    return values_of(y);
  }
};

/// Its backward: the gradient of the heads, then that of the gains.
template <norm_settings Settings, int Heads, int Dim>
struct normalizing_backward {
  static constexpr std::uint64_t seed = 64;
  token_counts size;
  double magnitude() const {
    return 32 * Settings.factor * std::max<double>(1, static_cast<double>(size.batch * size.tokens * Heads));
  }

  template <typename Backend, typename Scalar, typename Stored>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed, rounded_to<Stored>);
    const auto x = random_tensor<Scalar, Heads, Dim>(size.batch, size.tokens, random);
    const auto y_gradient = random_tensor<Scalar, Heads, Dim>(size.batch, size.tokens, random);
    const auto gain = random.normals<Scalar>(Settings.gains(Heads, Dim));
    auto gain_gradient = random.normals<Scalar>(Settings.gains(Heads, Dim));
    head_tensor<Scalar, Heads, Dim> x_gradient(size.batch, size.tokens);
    x_gradient.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::template normalize_heads_backward<Settings>(x.view(), std::span<const Scalar>(gain), y_gradient.view(),
                                                         x_gradient.view(), std::span<Scalar>(gain_gradient),
                                                         workspace);
    return joined(values_of(x_gradient), gain_gradient);
  }
};

/// The rotation of three heads, or with a negative direction its backward.
template <typename Positions, int Dim>
struct rotating {
  static constexpr std::uint64_t seed = 65;
  token_counts size;
  int direction;
  double magnitude() const { return 8; }

  template <typename Backend, typename Scalar, typename Stored>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed, rounded_to<Stored>);
    const auto x = random_tensor<Scalar, 3, Dim>(size.batch, size.tokens, random);
    std::vector<std::int64_t> starts;
    for (std::int64_t b = 0; b < size.batch; ++b) starts.push_back(random.between(0, 100000));
    head_tensor<Scalar, 3, Dim> y(size.batch, size.tokens);
    y.fill(std::numeric_limits<Scalar>::quiet_NaN());
    const std::span<const std::int64_t> first_positions(starts);
    if (direction > 0) {
      Backend::template rotate<Positions>(x.view(), first_positions, y.view(), workspace);
    } else {
      Backend::template rotate_backward<Positions>(x.view(), first_positions, y.view(), workspace);
    }
    return values_of(y);
  }
};

}  // namespace headwise::test
