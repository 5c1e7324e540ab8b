// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <headwise/cpu.hpp>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bench {

// What the machine can do now: machines change their clock and share their cores, so a share of a ceiling means
// something only beside one that was measured at the same moment.

/// Seconds that `run` takes.
template <typename Run>
double seconds_of(const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Keeps what was computed from being optimised away.
template <typename T>
void use(T value) {
  volatile T used = value;
  static_cast<void>(used);
}

/// The rate of multiply-adds of one core on elements of a factor such as float or bfloat16_pair, in floating-point
/// operations per second: the mean over some milliseconds, as others on the machine slow it down as much as what is
/// measured.
template <typename F>
double fma_peak_of_core() {
  using f = headwise::cpu::factor<F>;
  using p = headwise::cpu::packet<typename f::sum>;
  // Chains enough to hide the latency, and no more than there are registers.
  constexpr int chains = headwise::cpu::register_tile<typename f::sum>::sums;
  constexpr int rounds = 1000000;
  using number = typename f::number;
  const number numbers[] = {static_cast<number>(0.5F), static_cast<number>(0.25F)};
  const F element = headwise::cpu::tiles::element_of<F>(numbers, 0, f::depth);
  const auto left = f::broadcast(&element);
  const auto right = f::broadcast(&element);
  const double took = seconds_of([&] {
    typename p::type sums[std::size_t{chains}];
    headwise::cpu::unroll<chains>([&](auto i) { sums[i] = p::broadcast(typename f::sum(i)); });
    for (int round = 0; round < rounds; ++round)
      headwise::cpu::unroll<chains>([&](auto i) { sums[i] = f::multiply_add(left, right, sums[i]); });
    headwise::cpu::unroll<chains>([&](auto i) { use(p::sum(sums[i])); });
  });
  return 2.0 * rounds * chains * p::size * f::depth / took;
}

/// The same of all threads that the library uses, together.
template <typename F>
double fma_peak() {
  std::vector<double> peaks(static_cast<std::size_t>(headwise::cpu::thread_count()));
  headwise::cpu::parallel_for(static_cast<std::int64_t>(peaks.size()), [&](std::int64_t task, int /*thread*/) {
    peaks[static_cast<std::size_t>(task)] = fma_peak_of_core<F>();
  });
  double sum = 0;
  for (const double peak : peaks) sum += peak;
  return sum;
}

/// Memory far larger than any cache, of which the next part is read every time.
class large_memory {
 public:
  enum class page_size { usual, huge };

  explicit large_memory(page_size pages) {
    constexpr std::size_t huge_page = std::size_t{1} << 21;
    memory_.reserve(count + huge_page / sizeof(float));
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    numbers_ = reinterpret_cast<float*>((address + huge_page - 1) / huge_page * huge_page);
#if defined(__linux__)
    if (pages == page_size::huge) static_cast<void>(madvise(numbers_, count * sizeof(float), MADV_HUGEPAGE));
#else
    static_cast<void>(pages);
#endif
    std::fill_n(numbers_, count, 1.0F);
  }

  /// Bytes per second at which all threads that the library uses read together.
  double read_bandwidth() {
    using p = headwise::cpu::packet<float>;
    constexpr int lanes = 4;
    const float* const part = numbers_ + next_;
    next_ = (next_ + pieces * piece) % count;
    const double took = seconds_of([&] {
      headwise::cpu::parallel_for(pieces, [&](std::int64_t task, int /*thread*/) {
        // Several streams, which keep more of memory busy than one.
        constexpr std::size_t stream = piece / lanes;
        const float* begin = part + static_cast<std::size_t>(task) * piece;
        typename p::type sums[std::size_t{lanes}] = {p::zero(), p::zero(), p::zero(), p::zero()};
        for (std::size_t i = 0; i < stream; i += std::size_t{p::size})
          headwise::cpu::unroll<lanes>(
              [&](auto lane) { sums[lane] = p::add(sums[lane], p::load(begin + lane * stream + i)); });
        use(p::sum(p::add(p::add(sums[0], sums[1]), p::add(sums[2], sums[3]))));
      });
    });
    return static_cast<double>(pieces * piece * sizeof(float)) / took;
  }

 private:
  static constexpr std::size_t count = std::size_t{1} << 26;
  static constexpr std::size_t piece = std::size_t{1} << 16;
  static constexpr std::size_t pieces = 128;

  std::vector<float> memory_;
  float* numbers_ = nullptr;
  std::size_t next_ = 0;
};

/// What is read from memory as the library's caches lie there.
inline double read_bandwidth() {
  static large_memory memory(large_memory::page_size::huge);
  return memory.read_bandwidth();
}

}  // namespace bench
