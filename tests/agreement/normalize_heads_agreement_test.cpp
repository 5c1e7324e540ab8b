// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "headwise/policies/head_norm.hpp"
#include "support/backends.hpp"
#include "support/head_tensor.hpp"
#include "support/operation_agreement.hpp"
#include "support/random.hpp"

namespace headwise::test {

template <norm_settings Settings, int Heads, int Dim>
struct normalizing {
  static constexpr std::uint64_t seed = 63;
  token_counts size;
  double magnitude() const { return 32 * Settings.factor; }

  template <typename Backend, typename Scalar>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed);
    const auto x = random_tensor<Scalar, Heads, Dim>(size.batch, size.tokens, random);
    const auto gain = random.normals<Scalar>(Settings.gains(Heads, Dim));
    head_tensor<Scalar, Heads, Dim> y(size.batch, size.tokens);
    y.fill(std::numeric_limits<Scalar>::quiet_NaN());
    Backend::template normalize_heads<Settings>(x.view(), std::span<const Scalar>(gain), y.view(), workspace);
    return values_of(y);
  }
};

template <norm_settings Settings, int Heads, int Dim>
struct normalizing_backward {
  static constexpr std::uint64_t seed = 64;
  token_counts size;
  double magnitude() const {
    return 32 * Settings.factor * std::max<double>(1, static_cast<double>(size.batch * size.tokens * Heads));
  }

  template <typename Backend, typename Scalar>
  std::vector<Scalar> run(host_workspace& workspace) const {
    random_numbers random(seed);
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

TEST_CASE_TEMPLATE_DEFINE("norms and their backward agree with the reference", Backend, norms_agree) {
  static constexpr norm_settings shared{};
  static constexpr norm_settings own{.gain = norm_gain::per_head, .factor = 0.5, .epsilon = 0};
  static constexpr norm_settings grouped{.groups = 2};
  static constexpr norm_settings whole{.gain = norm_gain::none, .groups = 1, .epsilon = 0.5};
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(normalizing<shared, 3, 64>{size}, normalizing_backward<shared, 3, 64>{size});
    check_operation<Backend>(normalizing<own, 4, 33>{size}, normalizing_backward<own, 4, 33>{size});
    check_operation<Backend>(normalizing<grouped, 6, 8>{size}, normalizing_backward<grouped, 6, 8>{size});
    check_operation<Backend>(normalizing<whole, 5, 7>{size}, normalizing_backward<whole, 5, 7>{size});
  }
}
TEST_CASE_TEMPLATE_APPLY(norms_agree, fast_backends);

}  // namespace headwise::test
