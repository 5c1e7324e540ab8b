// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>

#include "ceilings.hpp"
#include "operations.hpp"

// Everything that `variants.hpp` lists, after the machine's ceilings:
// headwise_bench --benchmark_filter=decode/.*threads:1$
int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::fprintf(stderr, "fused multiply-adds: float %.1f, double %.1f GFLOP/s a core\n",
               bench::fma_peak_of_core<float>() * 1e-9, bench::fma_peak_of_core<double>() * 1e-9);
  using bench::large_memory;
  large_memory usual(large_memory::page_size::usual);
  large_memory huge(large_memory::page_size::huge);
  const auto best = [](large_memory& memory) {
    double bytes_per_second = 0;
    for (int i = 0; i < 8; ++i) bytes_per_second = std::max(bytes_per_second, memory.read_bandwidth());
    return bytes_per_second;
  };
  std::fprintf(stderr, "reading memory with %d threads: %.1f GB/s in pages as usual, %.1f GB/s in huge pages\n",
               headwise::cpu::thread_count(), best(usual) * 1e-9, best(huge) * 1e-9);
  bench::register_attend();
  bench::register_mix_heads();
  bench::register_decode();
  bench::register_layer();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
