// SPDX-License-Identifier: Apache-2.0

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "attention_problem.hpp"
#include "machine_peak.hpp"
#include "variants.hpp"

namespace {

/// Times `run`, with the machine's peak measured before every call, and reports the median share of it.
template <typename Variant, typename T, typename Run>
void measure(benchmark::State& state, std::int64_t flops, std::int64_t tokens, const Run& run) {
  std::vector<double> shares;
  run();
  for (auto step : state) {
    const double peak = bench::fma_peak<T>() * headwise::cpu::thread_count();
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
    shares.push_back(static_cast<double>(flops) / took.count() / peak);
  }
  std::nth_element(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2), shares.end());
  state.counters["fma_share"] = shares[shares.size() / 2];
  state.counters["tokens_per_second"] =
      benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["cache_bytes_per_token"] = static_cast<double>(Variant::template kv_cache_bytes_per_token<T>);
}

template <typename Variant, typename T>
void forward(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  bench::attention_problem<Variant, T> problem(tokens, tokens);
  measure<Variant, T>(state, Variant::forward_flops(1, tokens, tokens), tokens, [&] { problem.forward(); });
}

template <typename Variant, typename T>
void backward(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  bench::attention_problem<Variant, T> problem(tokens, tokens);
  problem.forward();
  measure<Variant, T>(state, Variant::backward_flops(1, tokens, tokens), tokens, [&] { problem.backward(); });
}

template <typename Variant, typename T>
void decode(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  bench::attention_problem<Variant, T> problem(1, tokens);
  measure<Variant, T>(state, Variant::decode_flops(1, tokens), 1, [&] { problem.attend_cached(); });
  const auto cache_bytes = static_cast<std::int64_t>(Variant::template kv_cache_bytes_per_token<T>) * tokens;
  state.SetBytesProcessed(state.iterations() * cache_bytes);
}

template <typename Variant, typename T>
void register_variant(const std::string& type) {
  const std::string variant(Variant::name);
  const auto add = [&](const char* operation, void (*run)(benchmark::State&), std::int64_t tokens) {
    benchmark::RegisterBenchmark((std::string(operation) + "/" + variant + "/" + type).c_str(), run)
        ->ArgName("tokens")
        ->Arg(tokens)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  };
  add("forward", forward<Variant, T>, 2048);
  add("backward", backward<Variant, T>, 2048);
  add("decode", decode<Variant, T>, 16384);
}

template <typename... Variants>
void register_all(std::tuple<Variants...>* /*list*/) {
  (register_variant<Variants, float>("float"), ...);
  register_variant<bench::full_one_head, double>("double");
}

}  // namespace

int main(int argc, char** argv) {
  register_all(static_cast<bench::measured_variants*>(nullptr));
  benchmark::AddCustomContext("fma_peak_float", std::to_string(bench::fma_peak<float>() * 1e-9) + " GFLOP/s a core");
  benchmark::AddCustomContext("fma_peak_double", std::to_string(bench::fma_peak<double>() * 1e-9) + " GFLOP/s a core");
  benchmark::AddCustomContext("threads", std::to_string(headwise::cpu::thread_count()));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
