// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "emulator/faults.hpp"
#include "emulator/settings.hpp"
#include "emulator/statistics.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cuda/append_heads.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/normalize_heads.cuh"
#include "headwise/cuda/normalize_heads_backward.cuh"
#include "headwise/cuda/project.cuh"
#include "headwise/cuda/rotate.cuh"
#include "headwise/policies/positions.hpp"
#include "support/compare.hpp"
#include "support/head_operation_layouts.hpp"
#include "support/mirrored_cuda_backend.hpp"

namespace headwise::test {

// What only the emulator can say of the kernels around attention.

/// Heads of 16 bits on the device, and what operations on them need besides.
template <int C, int G, int D>
struct device_problem {
  static constexpr std::int64_t batch = 2;
  static constexpr std::int64_t tokens = 48;

  device_buffer<bfloat16> components{static_cast<std::size_t>(batch * tokens * C * D)};
  device_buffer<bfloat16> gradients{components.size()};
  device_buffer<bfloat16> composites{static_cast<std::size_t>(batch * tokens * G * D)};
  device_buffer<bfloat16> weight{C * G};
  device_buffer<bfloat16> weight_gradient{C * G};
  device_buffer<bfloat16> gain{D};
  device_buffer<bfloat16> gain_gradient{D};
  cuda_workspace workspace{{}, 1 << 22};

  head_view<bfloat16, C, D> component_heads() { return batch_token_head_view<C, D>(components.data(), batch, tokens); }
  head_view<bfloat16, C, D> gradient_heads() { return batch_token_head_view<C, D>(gradients.data(), batch, tokens); }
  head_view<bfloat16, G, D> composite_heads() { return batch_token_head_view<G, D>(composites.data(), batch, tokens); }
};

/// Calls the operations with the names of their kernels that stream tensors.
template <int C, int G, int D>
void run_all(device_problem<C, G, D>& p) {
  const std::vector<std::int64_t> lengths(p.batch, 0);
  cuda::mix_heads(p.component_heads(), std::span<const bfloat16>(p.weight), p.composite_heads(), p.workspace);
  cuda::mix_heads_backward(p.component_heads(), std::span<const bfloat16>(p.weight), p.composite_heads(),
                           p.gradient_heads(), result_write::overwrite, std::span<bfloat16>(p.weight_gradient),
                           p.workspace);
  cuda::normalize_heads<norm_settings{}>(p.component_heads(), std::span<const bfloat16>(p.gain), p.gradient_heads(),
                                         p.workspace);
  cuda::rotate<rotary<>>(p.component_heads(), {}, p.gradient_heads(), p.workspace);
  cuda::rotate_backward<rotary<rotary_settings{.pairing = rotary_pairing::interleaved}>>(
      p.component_heads(), {}, p.gradient_heads(), p.workspace);
  cuda::append_heads(p.component_heads(), {}, lengths, p.gradient_heads(), p.workspace);
}

constexpr const char* streaming_kernels[] = {"mix_heads", "mix_heads_backward", "normalize_heads",
                                             "rotate",    "rotate_backward",    "append_heads"};

/// Weights and gains are read by whole blocks at a time, which is little and is left out: full sectors are asked of
/// what is written, and of what is read up to these.
template <int C, int G, int D>
void check_full_sectors() {
  device_problem<C, G, D> p;
  emulator::count_from_now();
  run_all(p);
  emulator::stop_counting();
  for (const std::string kernel : streaming_kernels) {
    CAPTURE(kernel);
    const std::string accesses = emulator::accesses_of(kernel);
    CAPTURE(accesses);
    const emulator::statistics s = emulator::statistics_of(kernel);
    REQUIRE(s.launches == 1);
    CHECK(s.global_stores.instructions > 0);
    CHECK(s.global_stores.sectors == s.global_stores.fewest_sectors);
    CHECK(s.global_loads.sectors <= s.global_loads.fewest_sectors + s.global_loads.fewest_sectors / 16);
  }
}

TEST_CASE("streaming kernels read and write whole sectors") {
  check_full_sectors<4, 8, 64>();
  check_full_sectors<8, 8, 128>();
  check_full_sectors<16, 32, 64>();
}

TEST_CASE("the sums of weight gradients read whole sectors, once where their matrix is one tile") {
  device_problem<8, 8, 128> p;
  emulator::count_from_now();
  run_all(p);
  emulator::stop_counting();
  const emulator::statistics s = emulator::statistics_of("sum_weight_gradient");
  const std::string accesses = emulator::accesses_of("sum_weight_gradient");
  CAPTURE(accesses);
  CHECK(s.global_loads.sectors == s.global_loads.fewest_sectors);
  CHECK(s.global_loads.sectors * 32 == static_cast<std::int64_t>(2 * p.components.size() * sizeof(bfloat16)));
}

TEST_CASE("mixing reads every input once and writes every output once") {
  device_problem<8, 8, 128> p;
  emulator::count_from_now();
  run_all(p);
  emulator::stop_counting();
  const emulator::statistics s = emulator::statistics_of("mix_heads");
  const auto tensor_sectors = static_cast<std::int64_t>(p.components.size() * sizeof(bfloat16)) / 32;
  // Every block reads the weights besides, number by number.
  const std::int64_t weight_sectors = s.blocks * 8 * 8 * 2 / 32;
  CHECK(s.global_loads.sectors == tensor_sectors + weight_sectors);
  CHECK(s.global_stores.sectors == tensor_sectors);
}

TEST_CASE("a kernel that does not start is an error with its name and CUDA's text") {
  for (int others = 0; others < 3; ++others) {
    CAPTURE(others);
    device_problem<4, 8, 64> p;
    emulator::fail_next_launch(others);
    try {
      cuda::mix_heads_backward(p.component_heads(), std::span<const bfloat16>(p.weight), p.composite_heads(),
                               p.gradient_heads(), result_write::overwrite, std::span<bfloat16>(p.weight_gradient),
                               p.workspace);
      FAIL("nothing was thrown");
    } catch (const error& found) {
      constexpr const char* names[] = {"sum_weight_gradient", "add_partials", "mix_heads_backward"};
      CHECK(found.argument() == names[others]);
      CHECK(found.given().starts_with("cuda"));
      CHECK(found.needed() == "cudaSuccess");
    }
    // What was taken from the workspace has come back, and the next call works.
    cuda_workspace::frame frame(p.workspace);
    CHECK(frame.take<std::byte>(1 << 22) != nullptr);
  }
}

TEST_CASE("memory that there is not is an error") {
  emulator::fail_next_allocation();
  CHECK_THROWS_AS(cuda_workspace({}, 1 << 20), error);
  device_buffer<float> buffer(3);
  emulator::fail_next_allocation();
  CHECK_THROWS_AS(buffer.resize(4), error);
  CHECK(buffer.empty());
  buffer.resize(4);
  CHECK(buffer.size() == 4);
}

TEST_CASE("results do not depend on the order of blocks and threads") {
  const std::uint64_t before = emulator::seed();
  const auto results = [&](std::uint64_t seed) {
    emulator::set_seed(seed);
    return results_in_layouts<mirrored_cuda_backend, float, 16>(head_layout::batch_token_head,
                                                                head_layout::batch_token_head);
  };
  const auto expected = results(1);
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    CAPTURE(seed);
    const auto found = results(seed);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(bitwise_equal(found[i], expected[i]));
  }
  emulator::set_seed(before);
}

}  // namespace headwise::test
