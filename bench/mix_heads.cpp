// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <headwise/cpu.hpp>
#include <span>
#include <vector>

#include "attention_problem.hpp"
#include "headwise/core/result_write.hpp"
#include "measure.hpp"
#include "operations.hpp"
#include "random_numbers.hpp"
#include "variants.hpp"

namespace bench {
namespace {

template <typename Variant, typename T, bool Backward>
void mix_heads(benchmark::State& state) {
  constexpr int C = Variant::component_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  const std::int64_t tokens = state.range(0);
  std::vector<T> components = random_numbers<T>(tokens * C * D);
  std::vector<T> composites = random_numbers<T>(tokens * G * D);
  std::vector<T> gradient = random_numbers<T>(tokens * C * D);
  const std::vector<T> weight = random_numbers<T>(C * G);
  std::vector<T> weight_gradient = weight;
  headwise::host_workspace workspace;
  const auto component_view = headwise::batch_token_head_view<C, D>(components.data(), 1, tokens);
  const auto composite_view = headwise::batch_token_head_view<G, D>(composites.data(), 1, tokens);
  const auto run = [&] {
    if constexpr (Backward)
      headwise::cpu_backend::mix_heads_backward(component_view, std::span<const T>(weight), composite_view,
                                                headwise::batch_token_head_view<C, D>(gradient.data(), 1, tokens),
                                                headwise::result_write::overwrite, std::span<T>(weight_gradient),
                                                workspace);
    else
      headwise::cpu_backend::mix_heads(component_view, std::span<const T>(weight), composite_view, workspace);
  };
  const double products = Backward ? 2 : 1;
  const least_work work{products * 2 * C * G * D * static_cast<double>(tokens),
                        static_cast<double>(tokens * D * (Backward ? 2 * C + G : C + G)) * sizeof(T)};
  attention_problem<multi_head_of<Variant>, T> attention(tokens);
  measure<T>(state, work, run, [&] { run_pass<Backward>(attention); });
}

}  // namespace

void register_mix_heads() {
  for_each_measured<of::mixing>(static_cast<measured_variants*>(nullptr), []<typename Variant, typename T>() {
    if constexpr (Variant::key_mixing::mixes) {
      register_operation<Variant, T>("mix_heads", {64, 2048}, mix_heads<Variant, T, false>);
      register_operation<Variant, T>("mix_heads_backward", {64, 2048}, mix_heads<Variant, T, true>);
    }
  });
}

}  // namespace bench
