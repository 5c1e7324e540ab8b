// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/core/result_write.hpp"
#include "headwise/cuda/form_mixing.cuh"
#include "headwise/cuda/normalize_heads_backward.cuh"
#include "headwise/policies/head_mixing.hpp"
#include "headwise/reference/append_heads.hpp"
#include "support/compare.hpp"
#include "support/device_mirror.hpp"
#include "support/gradient_check.hpp"
#include "support/head_tensor.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/random.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE("heads are appended on CUDA behind the lengths of their sequences, and nothing else changes", Scalar,
                   float, double, bfloat16, float16) {
  random_numbers random(241);
  const auto x = random_tensor<Scalar, 3, 8>(3, 5, random);
  const auto before = random_tensor<Scalar, 3, 8>(3, 9, random);
  const std::vector<std::int64_t> lengths = {4, 0, 9};
  const std::vector<std::int64_t> some = {5, 2, 0};
  auto slots = before;
  auto expected = before;
  host_workspace workspace;
  mirrored_cuda_backend::append_heads(x.view(), std::span<const std::int64_t>(some),
                                      std::span<const std::int64_t>(lengths), slots.view(), workspace);
  reference::append_heads(x.view(), some, lengths, expected.view());
  CHECK(bitwise_equal(slots.storage(), expected.storage()));
  const std::vector<std::int64_t> room = {4, 0, 1};
  mirrored_cuda_backend::append_heads(x.view(), std::span<const std::int64_t>{}, std::span<const std::int64_t>(room),
                                      slots.view(), workspace);
  reference::append_heads(x.view(), {}, room, expected.view());
  CHECK(bitwise_equal(slots.storage(), expected.storage()));
}

TEST_CASE("lengths of few sequences and of many reach their kernels") {
  for (const std::int64_t batch : {1, 64, 65, 500}) {
    CAPTURE(batch);
    random_numbers random(243);
    const auto x = random_tensor<float, 1, 2>(batch, 3, random);
    auto slots = random_tensor<float, 1, 2>(batch, 7, random);
    auto expected = slots;
    std::vector<std::int64_t> lengths;
    std::vector<std::int64_t> counts;
    for (std::int64_t b = 0; b < batch; ++b) {
      lengths.push_back(b % 5);
      counts.push_back((b + 1) % 3);
    }
    host_workspace workspace;
    mirrored_cuda_backend::append_heads(x.view(), std::span<const std::int64_t>(counts),
                                        std::span<const std::int64_t>(lengths), slots.view(), workspace);
    reference::append_heads(x.view(), counts, lengths, expected.view());
    CHECK(bitwise_equal(slots.storage(), expected.storage()));
  }
}

struct powers {
  HEADWISE_HOST_DEVICE static constexpr double weight(int component, int composite) {
    return 1.0 / (1 << (component + composite));
  }
};

template <typename Kind, typename Scalar>
void check_forming() {
  constexpr int C = 3;
  constexpr int G = 5;
  random_numbers random(242);
  const auto parameters = random.normals<Scalar>(Kind::template parameters<C, G>);
  const auto weight_gradient = random.normals<Scalar>(C * G);
  auto gradient = random.normals<Scalar>(Kind::template parameters<C, G>);
  auto expected_gradient = gradient;
  std::vector<Scalar> weight(C * G);
  std::vector<Scalar> expected(C * G);
  run_mirrored([](cuda_workspace& w, auto from, auto to) { cuda::form_mixing<Kind, C, G>(from.data(), to.data(), w); },
               std::span<const Scalar>(parameters), std::span<Scalar>(weight));
  run_mirrored([](cuda_workspace& w, auto p, auto from,
                  auto to) { cuda::form_mixing_backward<Kind, C, G>(p.data(), from.data(), to.data(), w); },
               std::span<const Scalar>(parameters), std::span<const Scalar>(weight_gradient),
               std::span<Scalar>(gradient));
  Kind::template form<C, G>(parameters.data(), expected.data());
  Kind::template backward<C, G>(parameters.data(), weight_gradient.data(), expected_gradient.data());
  CHECK(equal_up_to_rounding(weight, expected, 10));
  CHECK(equal_up_to_rounding(gradient, expected_gradient, 10));
}

TEST_CASE_TEMPLATE("mixing matrices are formed on CUDA as their kinds say, and their gradients carried back", Scalar,
                   float, double, bfloat16, float16) {
  check_forming<linear_mixing, Scalar>();
  check_forming<low_rank_mixing<2>, Scalar>();
  check_forming<fixed_mixing<powers>, Scalar>();
}

/// The backward of a norm yields the products of heads and their gradients besides.
template <norm_settings Settings, typename Scalar, int Heads, int Dim>
void check_delta() {
  random_numbers random(243);
  const auto x = random_tensor<Scalar, Heads, Dim>(2, 21, random);
  const auto y_gradient = random_tensor<Scalar, Heads, Dim>(2, 21, random);
  const auto gain = random.normals<Scalar>(Settings.gains(Heads, Dim));
  std::vector<Scalar> gain_gradient(gain.size());
  head_tensor<Scalar, Heads, Dim> x_gradient(2, 21);
  std::vector<double> delta(2 * Heads * 21);
  run_mirrored(
      [](cuda_workspace& w, auto a, auto b, auto c, auto d, auto e, auto numbers) {
        cuda::normalize_heads_backward<Settings>(a, b, c, d, e, w,
                                                 batch_head_scalar_view<Heads>(numbers.data(), 2, 21));
      },
      x.view(), std::span<const Scalar>(gain), y_gradient.view(), x_gradient.view(), std::span<Scalar>(gain_gradient),
      std::span<double>(delta));
  std::vector<double> expected;
  for (std::int64_t b = 0; b < 2; ++b)
    for (int h = 0; h < Heads; ++h)
      for (std::int64_t n = 0; n < 21; ++n) {
        double sum = 0;
        for (int d = 0; d < Dim; ++d)
          sum += static_cast<double>(x.at(b, n, h, d)) * static_cast<double>(x_gradient.at(b, n, h, d));
        expected.push_back(sum);
      }
  CHECK(largest_magnitude(expected) > 0);
  // The sums are taken in the type of sums, whatever they are stored in.
  CHECK(equal_up_to_rounding(converted<sum_type<Scalar>>(delta), expected, 4.0 * Dim));
}

TEST_CASE_TEMPLATE("the backward of a norm on CUDA yields delta, of the gradients as they are stored", Scalar, float,
                   double, bfloat16, float16) {
  static constexpr norm_settings gentle{.epsilon = 0.5};
  static constexpr norm_settings grouped{.groups = 2, .epsilon = 0.5};
  check_delta<gentle, Scalar, 3, 16>();
  check_delta<gentle, Scalar, 2, 7>();
  check_delta<grouped, Scalar, 4, 8>();
}

TEST_CASE("the gradients of mixing on CUDA are slopes of its forward") {
  constexpr int C = 3;
  constexpr int G = 2;
  constexpr int D = 4;
  random_numbers random(244);
  host_workspace workspace;
  auto x = random_tensor<double, C, D>(2, 3, random);
  auto weight = random.normals<double>(C * G);
  const auto y_gradient = random_tensor<double, G, D>(2, 3, random);
  head_tensor<double, G, D> y(2, 3);
  head_tensor<double, C, D> x_gradient(2, 3);
  std::vector<double> weight_gradient(C * G);
  mirrored_cuda_backend::mix_heads_backward(x.view(), std::span<const double>(weight), y_gradient.view(),
                                            x_gradient.view(), result_write::overwrite,
                                            std::span<double>(weight_gradient), workspace);
  const auto loss = [&] {
    mirrored_cuda_backend::mix_heads(x.view(), std::span<const double>(weight), y.view(), workspace);
    return weighted_sum{}.add(values_of(y), values_of(y_gradient));
  };
  CHECK_GRADIENTS(
      gradient_check(loss, {{"x", x.storage(), values_of(x_gradient)}, {"weight", weight, weight_gradient}}));
}

template <norm_settings Settings>
gradient_check norm_gradients() {
  constexpr int H = 4;
  constexpr int D = 3;
  random_numbers random(245);
  host_workspace workspace;
  auto x = random_tensor<double, H, D>(2, 3, random);
  auto gain = random.normals<double>(Settings.gains(H, D));
  const auto y_gradient = random_tensor<double, H, D>(2, 3, random);
  head_tensor<double, H, D> y(2, 3);
  head_tensor<double, H, D> x_gradient(2, 3);
  std::vector<double> gain_gradient(gain.size());
  mirrored_cuda_backend::normalize_heads_backward<Settings>(x.view(), std::span<const double>(gain), y_gradient.view(),
                                                            x_gradient.view(), std::span<double>(gain_gradient),
                                                            workspace);
  const auto loss = [&] {
    mirrored_cuda_backend::normalize_heads<Settings>(x.view(), std::span<const double>(gain), y.view(), workspace);
    return weighted_sum{}.add(values_of(y), values_of(y_gradient));
  };
  return {loss, {{"x", x.storage(), values_of(x_gradient)}, {"gain", gain, gain_gradient}}};
}

TEST_CASE("the gradients of norms on CUDA are slopes of their forward") {
  static constexpr norm_settings shared{.factor = 0.8, .epsilon = 0.5};
  static constexpr norm_settings own_of_groups{.gain = norm_gain::per_head, .groups = 2, .epsilon = 0.5};
  CHECK_GRADIENTS(norm_gradients<shared>());
  CHECK_GRADIENTS(norm_gradients<own_of_groups>());
}

TEST_CASE_TEMPLATE("heads of zeros stay zeros in a norm without epsilon, and so do their gradients", Scalar, float,
                   double, bfloat16, float16) {
  static constexpr norm_settings plain{.gain = norm_gain::none, .epsilon = 0};
  host_workspace workspace;
  head_tensor<Scalar, 2, 8> x(1, 3);
  random_numbers random(246);
  const auto y_gradient = random_tensor<Scalar, 2, 8>(1, 3, random);
  head_tensor<Scalar, 2, 8> y(1, 3);
  head_tensor<Scalar, 2, 8> x_gradient(1, 3);
  y.fill(Scalar(1.0F));
  x_gradient.fill(Scalar(1.0F));
  mirrored_cuda_backend::normalize_heads<plain>(x.view(), std::span<const Scalar>{}, y.view(), workspace);
  mirrored_cuda_backend::normalize_heads_backward<plain>(x.view(), std::span<const Scalar>{}, y_gradient.view(),
                                                         x_gradient.view(), std::span<Scalar>{}, workspace);
  CHECK(all_zero(values_of(y)));
  CHECK(all_zero(values_of(x_gradient)));
}

}  // namespace headwise::test
