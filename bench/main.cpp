// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>

#include "ceilings.hpp"
#include "operations.hpp"

namespace {

void print_peaks() {
  using headwise::cpu::bfloat16_pair;
  std::fprintf(stderr, "multiply-adds: float %.1f, double %.1f", bench::fma_peak_of_core<float>() * 1e-9,
               bench::fma_peak_of_core<double>() * 1e-9);
  if constexpr (headwise::cpu::multiplies_bfloat16_pairs)
    std::fprintf(stderr, ", pairs of bfloat16 %.1f", bench::fma_peak_of_core<bfloat16_pair>() * 1e-9);
  std::fprintf(stderr, " GFLOP/s a core\n");
}

double best_read_bandwidth(bench::large_memory::page_size pages) {
  bench::large_memory memory(pages);
  double bytes_per_second = 0;
  for (int i = 0; i < 8; ++i) bytes_per_second = std::max(bytes_per_second, memory.read_bandwidth());
  return bytes_per_second;
}

}  // namespace

// Everything that `variants.hpp` lists, after the machine's ceilings:
// headwise_bench --benchmark_filter=decode/.*threads:1$
int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  print_peaks();
  using page_size = bench::large_memory::page_size;
  std::fprintf(stderr, "reading memory with %d threads: %.1f GB/s in pages as usual, %.1f GB/s in huge pages\n",
               headwise::cpu::thread_count(), best_read_bandwidth(page_size::usual) * 1e-9,
               best_read_bandwidth(page_size::huge) * 1e-9);
  bench::register_attend();
  bench::register_mix_heads();
  bench::register_decode();
  bench::register_layer();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
