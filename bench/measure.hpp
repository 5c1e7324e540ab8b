// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "ceilings.hpp"
#include "measured.hpp"

namespace bench {

inline double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The least that an operation has to do: floating-point operations, and bytes between memory and processor.
struct least_work {
  double flops;
  double bytes;
};

/// Times `run` beside `multi_head`, which does plain multi-head attention, and with the machine's ceilings measured
/// before every call. Reports medians: of the shares of the peak of multiply-adds, of the bandwidth of memory and of
/// the higher of the two bounds that they make, and of the time against multi-head attention's. Nothing in its place
/// says that `run` is multi-head attention.
template <typename T, typename Run, typename MultiHead>
void measure(benchmark::State& state, const least_work& work, const Run& run, const MultiHead& multi_head) {
  constexpr bool is_itself = std::is_same_v<MultiHead, std::nullptr_t>;
  std::vector<double> fma_shares;
  std::vector<double> bandwidth_shares;
  std::vector<double> bound_shares;
  std::vector<double> ratios;
  // A workspace becomes one block after the first call, which the second one touches for the first time.
  for (int i = 0; i < 2; ++i) {
    run();
    if constexpr (!is_itself) multi_head();
  }
  for (auto step : state) {
    const double compute = work.flops / fma_peak<headwise::cpu::fastest_factor<T, headwise::sum_type<T>>>();
    const double transfer = work.bytes / read_bandwidth();
    double plain = 0;
    if constexpr (!is_itself) plain = seconds_of(multi_head);
    const double took = seconds_of(run);
    state.SetIterationTime(took);
    fma_shares.push_back(compute / took);
    bandwidth_shares.push_back(transfer / took);
    bound_shares.push_back(std::max(compute, transfer) / took);
    ratios.push_back(is_itself ? 1 : took / plain);
  }
  state.counters["fma_share"] = median(fma_shares);
  state.counters["bandwidth_share"] = median(bandwidth_shares);
  state.counters["bound_share"] = median(bound_shares);
  state.counters["vs_multi_head"] = median(ratios);
}

/// One pass of a problem that has both.
template <bool Backward>
inline constexpr auto run_pass = [](auto& problem) {
  if constexpr (Backward)
    problem.backward();
  else
    problem.forward();
};

/// Floating-point operations of such a pass of attention over one sequence.
template <typename Variant, bool Backward>
double attention_flops(std::int64_t tokens) {
  return static_cast<double>(Backward ? Variant::backward_flops(1, tokens, tokens)
                                      : Variant::forward_flops(1, tokens, tokens));
}

/// Measures run(problem) for a variant's problem, beside the same of plain multi-head attention.
template <template <typename, typename> typename Problem, typename Variant, typename T, typename Run>
void measure_problem(benchmark::State& state, const least_work& work, const Run& run) {
  Problem<Variant, T> problem(state.range(0));
  const auto run_variant = [&] { run(problem); };
  if constexpr (is_multi_head<Variant>) {
    measure<T>(state, work, run_variant, nullptr);
  } else {
    Problem<multi_head_of<Variant>, T> plain(state.range(0));
    measure<T>(state, work, run_variant, [&] { run(plain); });
  }
}

/// Registers operation/variant/type/tokens:N/threads:T for these numbers of tokens, with one thread and with all.
template <typename Variant, typename T>
void register_operation(const std::string& operation, std::initializer_list<std::int64_t> tokens,
                        void (*run)(benchmark::State&)) {
  const std::string name = operation + "/" + std::string(Variant::name) + "/" + name_of<T>;
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), [run](benchmark::State& state) {
#if defined(_OPENMP)
    omp_set_num_threads(static_cast<int>(state.range(1)));
#endif
    run(state);
  });
  registered->ArgNames({"tokens", "threads"})->UseManualTime()->Unit(benchmark::kMillisecond);
  const int all = headwise::cpu::thread_count();
  for (const std::int64_t count : tokens) {
    registered->Args({count, 1});
    if (all > 1) registered->Args({count, all});
  }
}

}  // namespace bench
