// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "attention_problem.hpp"
#include "measure.hpp"
#include "operations.hpp"
#include "variants.hpp"

namespace bench {
namespace {

/// Bytes of queries, keys, values and outputs, each touched once.
template <typename Variant, typename T>
double bytes_of(std::int64_t tokens) {
  const std::int64_t features = Variant::query_heads * (Variant::head_dim + Variant::value_dim) +
                                Variant::component_heads * (Variant::head_dim + Variant::value_dim);
  return static_cast<double>(tokens * features) * sizeof(T);
}

template <typename Variant, typename T, bool Backward>
void attend(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  const auto run = [](auto& problem) {
    if constexpr (Backward)
      problem.backward();
    else
      problem.forward();
  };
  attention_problem<Variant, T> problem(tokens);
  const std::int64_t flops =
      Backward ? Variant::backward_flops(1, tokens, tokens) : Variant::forward_flops(1, tokens, tokens);
  const least_work work{static_cast<double>(flops), (Backward ? 2 : 1) * bytes_of<Variant, T>(tokens)};
  beside_multi_head<Variant, attention_problem<multi_head_of<Variant>, T>>(tokens, run, [&](const auto& multi_head) {
    measure<T>(
        state, work, [&] { run(problem); }, multi_head);
  });
}

}  // namespace

void register_attend() {
  for_each_measured<of::attention>(static_cast<measured_variants*>(nullptr), []<typename Variant, typename T>() {
    register_operation<Variant, T>("attend", {64, 1024, 2048, 3840}, attend<Variant, T, false>);
    register_operation<Variant, T>("attend_backward", {64, 1024, 2048, 3840}, attend<Variant, T, true>);
  });
}

}  // namespace bench
