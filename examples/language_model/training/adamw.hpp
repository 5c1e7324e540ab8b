// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/parallel.hpp"
#include "model/parameter.hpp"

namespace language_model {

struct adamw_settings {
  double first_decay = 0.9;
  double second_decay = 0.95;
  double epsilon = 1e-8;
  /// Of matrices only: gains keep their size.
  double weight_decay = 0.1;
};

/// AdamW over a fixed list of parameters.
class adamw {
 public:
  /// The running means of the gradient and of its square, one pair per parameter.
  struct moments {
    std::vector<float> first;
    std::vector<float> second;
  };

  explicit adamw(const std::vector<parameter_view<float>>& parameters, const adamw_settings& settings = {})
      : settings_(settings) {
    for (const auto& view : parameters)
      moments_.push_back({std::vector<float>(view.values.size()), std::vector<float>(view.values.size())});
  }

  /// One update, the `step`-th counted from 1, by gradients times `gradient_scale`.
  void update(const std::vector<parameter_view<float>>& parameters, std::int64_t step, double rate,
              double gradient_scale) {
    const adamw_settings& s = settings_;
    const auto first_decay = static_cast<float>(s.first_decay);
    const auto second_decay = static_cast<float>(s.second_decay);
    const auto scale = static_cast<float>(gradient_scale);
    const auto epsilon = static_cast<float>(s.epsilon);
    const auto first_rate = static_cast<float>(rate / (1 - std::pow(s.first_decay, double(step))));
    const auto second_correction = static_cast<float>(1 / (1 - std::pow(s.second_decay, double(step))));
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const float kept = parameters[i].is_matrix() ? static_cast<float>(1 - rate * s.weight_decay) : 1.0F;
      float* const value = parameters[i].values.data();
      const float* const gradient = parameters[i].gradient.data();
      float* const first = moments_[i].first.data();
      float* const second = moments_[i].second.data();
      parallel_for_pieces(parameters[i].values.size(), [=](std::size_t begin, std::size_t end) {
        for (std::size_t j = begin; j < end; ++j) {
          const float g = scale * gradient[j];
          first[j] = first_decay * first[j] + (1 - first_decay) * g;
          second[j] = second_decay * second[j] + (1 - second_decay) * g * g;
          value[j] = kept * value[j] - first_rate * first[j] / (std::sqrt(second_correction * second[j]) + epsilon);
        }
      });
    }
  }

  std::vector<moments>& state() { return moments_; }

 private:
  adamw_settings settings_;
  std::vector<moments> moments_;
};

/// The square root of the sum of squares of all gradients. The order of the sum is fixed: lanes, then tensors.
inline double global_gradient_norm(const std::vector<parameter_view<float>>& parameters) {
  constexpr std::size_t lanes = 16;
  double sum = 0;
  for (const auto& view : parameters) {
    std::array<double, lanes> squares{};
    const std::size_t whole = view.gradient.size() / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane)
        squares[lane] += double(view.gradient[i + lane]) * double(view.gradient[i + lane]);
    for (std::size_t i = whole; i < view.gradient.size(); ++i)
      squares[0] += double(view.gradient[i]) * double(view.gradient[i]);
    for (const double square : squares) sum += square;
  }
  return std::sqrt(sum);
}

}  // namespace language_model
