// SPDX-License-Identifier: Apache-2.0

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <headwise/cpu.hpp>
#include <random>
#include <string>
#include <vector>

#include "machine_peak.hpp"
#include "variants.hpp"

namespace {

/// Random tensors of one attention call. Zeros would be kinder to a processor than real data.
template <typename Variant, typename T>
struct attention_problem {
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

  std::int64_t queries;
  std::int64_t keys;
  std::vector<T> q, k, v, out, lse, component_k, component_v, weight, gain;
  headwise::host_workspace workspace;

  attention_problem(std::int64_t query_count, std::int64_t key_count)
      : queries(query_count),
        keys(key_count),
        q(random(queries * H * D)),
        k(random(keys * G * D)),
        v(random(keys * G * Dv)),
        out(random(queries * H * Dv)),
        lse(random(queries * H)),
        component_k(random(keys * C * D)),
        component_v(random(keys * C * Dv)),
        weight(random(C * G)),
        gain(random(Variant::output_gains)) {}

  static std::vector<T> random(std::int64_t size) {
    static std::mt19937 generator(1);
    std::normal_distribution<T> normal;
    std::vector<T> values(static_cast<std::size_t>(size));
    for (T& value : values) value = normal(generator);
    return values;
  }

  headwise::attend_arguments<Variant, T> forward() {
    return {.q = headwise::batch_token_head_view<H, D>(q.data(), 1, queries),
            .k = headwise::batch_token_head_view<G, D>(k.data(), 1, keys),
            .v = headwise::batch_token_head_view<G, Dv>(v.data(), 1, keys),
            .out = headwise::batch_token_head_view<H, Dv>(out.data(), 1, queries),
            .lse = headwise::batch_head_scalar_view<H>(lse.data(), 1, queries)};
  }
};

/// Times `run`, with the machine's peak measured before every call, and reports the median share of it.
template <typename T, typename Run>
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
}

template <typename Variant, typename T>
void forward(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  attention_problem<Variant, T> problem(tokens, tokens);
  const auto arguments = problem.forward();
  const std::int64_t flops =
      2 * Variant::query_heads * (Variant::head_dim + Variant::value_dim) * Variant::visited_pairs(tokens, tokens);
  measure<T>(state, flops, tokens, [&] { headwise::cpu_backend::attend(arguments, problem.workspace); });
}

template <typename Variant, typename T>
void backward(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  using problem_type = attention_problem<Variant, T>;
  problem_type problem(tokens, tokens);
  const auto saved = problem.forward();
  headwise::cpu_backend::attend(saved, problem.workspace);
  auto out_gradient = problem_type::random(tokens * problem_type::H * problem_type::Dv);
  auto dq = problem.q;
  auto dk = problem.k;
  auto dv = problem.v;
  const headwise::attend_backward_arguments<Variant, T> arguments{
      .q = saved.q,
      .k = saved.k,
      .v = saved.v,
      .out = saved.out,
      .lse = saved.lse,
      .out_gradient =
          headwise::batch_token_head_view<problem_type::H, problem_type::Dv>(out_gradient.data(), 1, tokens),
      .q_gradient = headwise::batch_token_head_view<problem_type::H, problem_type::D>(dq.data(), 1, tokens),
      .k_gradient = headwise::batch_token_head_view<problem_type::G, problem_type::D>(dk.data(), 1, tokens),
      .v_gradient = headwise::batch_token_head_view<problem_type::G, problem_type::Dv>(dv.data(), 1, tokens)};
  const std::int64_t flops = 2 * Variant::query_heads * (3 * Variant::head_dim + 2 * Variant::value_dim) *
                             Variant::visited_pairs(tokens, tokens);
  measure<T>(state, flops, tokens, [&] { headwise::cpu_backend::attend_backward(arguments, problem.workspace); });
}

template <typename Variant, typename T>
void decode(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  using problem_type = attention_problem<Variant, T>;
  problem_type problem(1, tokens);
  const auto saved = problem.forward();
  const auto weight_of = [&](bool mixes) { return mixes ? std::span<const T>(problem.weight) : std::span<const T>(); };
  const headwise::attend_components_arguments<Variant, T> arguments{
      .q = saved.q,
      .k = headwise::batch_token_head_view<problem_type::C, problem_type::D>(problem.component_k.data(), 1, tokens),
      .v = headwise::batch_token_head_view<problem_type::C, problem_type::Dv>(problem.component_v.data(), 1, tokens),
      .key_weight = weight_of(Variant::key_mixing::mixes),
      .value_weight = weight_of(Variant::value_mixing::mixes),
      .out = saved.out};
  measure<T>(state, Variant::decode_flops(1, tokens), 1,
             [&] { headwise::cpu_backend::attend_components(arguments, problem.workspace); });
  state.counters["cache_bytes_per_second"] =
      benchmark::Counter(static_cast<double>(tokens) * Variant::template kv_cache_bytes_per_token<T>,
                         benchmark::Counter::kIsIterationInvariantRate);
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
