// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <headwise/cpu.hpp>
#include <span>
#include <vector>

#include "random_numbers.hpp"

namespace bench {

/// What a variant does between its projections, on one sequence of tokens: mixing, norm after mixing, attention and
/// norm after attention, each where the variant has it.
template <typename Variant, typename T>
class attention_problem {
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  using backend = headwise::cpu_backend;
  using key_steps = headwise::key_composition<Variant>;
  using value_steps = headwise::value_composition<Variant>;
  using norm = typename Variant::output_norm;
  using numbers = std::vector<T>;
  using accumulator = typename Variant::template accumulator<T>;
  using constants = std::span<const T>;

 public:
  explicit attention_problem(std::int64_t tokens)
      : tokens_(tokens),
        q_(random_numbers<T>(tokens * H * D)),
        component_k_(random_numbers<T>(tokens * C * D)),
        component_v_(random_numbers<T>(tokens * C * Dv)),
        key_weight_(random_numbers<T>(Variant::key_mixing::mixes ? C * G : 0)),
        value_weight_(random_numbers<T>(Variant::value_mixing::mixes ? C * G : 0)),
        key_gain_(random_numbers<T>(Variant::composite_key_gains)),
        value_gain_(random_numbers<T>(Variant::composite_value_gains)),
        output_gain_(random_numbers<T>(Variant::output_gains)),
        mixed_k_(random_numbers<T>(key_steps::has_mixed_heads ? tokens * G * D : 0)),
        mixed_v_(random_numbers<T>(value_steps::has_mixed_heads ? tokens * G * Dv : 0)),
        composite_k_(random_numbers<T>(key_steps::changes ? tokens * G * D : 0)),
        composite_v_(random_numbers<T>(value_steps::changes ? tokens * G * Dv : 0)),
        attended_(random_numbers<T>(tokens * H * Dv)),
        normalized_(random_numbers<T>(norm::normalizes ? tokens * H * Dv : 0)),
        lse_(random_numbers<accumulator>(tokens * H)),
        y_gradient_(random_numbers<T>(tokens * H * Dv)),
        gradients_(*this) {
    forward();
  }

  void forward() {
    const auto k = key_steps::template forward<backend, T>(components<D>(component_k_), key_weight_, key_gain_,
                                                           mixed_k_.data(), composite_k_.data(), workspace_);
    const auto v = value_steps::template forward<backend, T>(components<Dv>(component_v_), value_weight_, value_gain_,
                                                             mixed_v_.data(), composite_v_.data(), workspace_);
    backend::attend(
        headwise::attend_arguments<Variant, T>{
            .q = heads<D>(q_), .k = k, .v = v, .out = heads<Dv>(attended_), .lse = lse()},
        workspace_);
    if constexpr (norm::normalizes)
      backend::normalize_heads<norm::settings>(heads<Dv>(attended_), constants(output_gain_), heads<Dv>(normalized_),
                                               workspace_);
  }

  void backward() {
    gradients& d = gradients_;
    if constexpr (norm::normalizes)
      backend::normalize_heads_backward<norm::settings>(heads<Dv>(attended_), constants(output_gain_),
                                                        heads<Dv>(y_gradient_), heads<Dv>(d.attended),
                                                        std::span<T>(d.output_gain), workspace_);
    backend::attend_backward(
        headwise::attend_backward_arguments<Variant, T>{
            .q = heads<D>(q_),
            .k = composites<D>(key_steps::changes ? composite_k_ : component_k_),
            .v = composites<Dv>(value_steps::changes ? composite_v_ : component_v_),
            .out = heads<Dv>(attended_),
            .lse = lse(),
            .out_gradient = heads<Dv>(norm::normalizes ? d.attended : y_gradient_),
            .q_gradient = heads<D>(d.q),
            .k_gradient = composites<D>(d.composite_k),
            .v_gradient = composites<Dv>(d.composite_v)},
        workspace_);
    if constexpr (key_steps::changes)
      key_steps::template backward<backend, T>(components<D>(component_k_), key_weight_, key_gain_, mixed_k_.data(),
                                               composites<D>(d.composite_k), components<D>(d.component_k), d.key_weight,
                                               d.key_gain, workspace_);
    if constexpr (value_steps::changes)
      value_steps::template backward<backend, T>(
          components<Dv>(component_v_), value_weight_, value_gain_, mixed_v_.data(), composites<Dv>(d.composite_v),
          components<Dv>(d.component_v), d.value_weight, d.value_gain, workspace_);
  }

 private:
  /// Where the gradients go, under the names of what they are gradients of.
  struct gradients {
    numbers q, component_k, component_v, composite_k, composite_v, attended;
    numbers key_weight, value_weight, key_gain, value_gain, output_gain;

    explicit gradients(const attention_problem& p)
        : q(p.q_),
          component_k(p.component_k_),
          component_v(p.component_v_),
          composite_k(random_numbers<T>(p.tokens_ * G * D)),
          composite_v(random_numbers<T>(p.tokens_ * G * Dv)),
          attended(p.attended_),
          key_weight(p.key_weight_),
          value_weight(p.value_weight_),
          key_gain(p.key_gain_),
          value_gain(p.value_gain_),
          output_gain(p.output_gain_) {}
  };

  template <int Dim>
  auto heads(numbers& values) const {
    return headwise::batch_token_head_view<H, Dim>(values.data(), 1, tokens_);
  }
  template <int Dim>
  auto components(numbers& values) const {
    return headwise::batch_token_head_view<C, Dim>(values.data(), 1, tokens_);
  }
  template <int Dim>
  auto composites(numbers& values) const {
    return headwise::batch_token_head_view<G, Dim>(values.data(), 1, tokens_);
  }
  auto lse() { return headwise::batch_head_scalar_view<H>(lse_.data(), 1, tokens_); }

  std::int64_t tokens_;
  numbers q_, component_k_, component_v_;
  numbers key_weight_, value_weight_, key_gain_, value_gain_, output_gain_;
  numbers mixed_k_, mixed_v_, composite_k_, composite_v_, attended_, normalized_;
  std::vector<accumulator> lse_;
  numbers y_gradient_;
  gradients gradients_;
  headwise::host_workspace workspace_;
};

}  // namespace bench
