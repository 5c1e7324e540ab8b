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
  const least_work work{attention_flops<Variant, Backward>(tokens), (Backward ? 2 : 1) * bytes_of<Variant, T>(tokens)};
  measure_problem<attention_problem, Variant, T>(state, work, run_pass<Backward>);
}

}  // namespace

void register_attend() {
  for_each_measured<of::attention>(static_cast<measured_variants*>(nullptr), []<typename Variant, typename T>() {
    register_operation<Variant, T>("attend", {64, 1024, 2048, 3840}, attend<Variant, T, false>);
    register_operation<Variant, T>("attend_backward", {64, 1024, 2048, 3840}, attend<Variant, T, true>);
  });
}

}  // namespace bench
