// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "emulator/statistics.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_backward.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_memory.cuh"

namespace headwise::test {

// What attention on tensor cores costs, as far as counting tells.

/// A head of queries, keys and values.
template <int Dim, typename Mask>
struct one_head : attention_variant<query_heads<1>, head_dim<Dim>, Mask> {};

/// One sequence on the device, all zeros.
template <typename Variant>
class counted_call {
 public:
  explicit counted_call(std::int64_t tokens) : tokens_(tokens) {
    for (auto* tensor : {&q_, &k_, &v_, &out_, &out_gradient_, &q_gradient_, &k_gradient_, &v_gradient_}) {
      tensor->resize(static_cast<std::size_t>(tokens * D));
      cuda_memory::set_zero(*tensor);
    }
    lse_.resize(static_cast<std::size_t>(tokens));
    cuda_memory::set_zero(lse_);
  }

  void attend(cuda_workspace& workspace) {
    cuda::attend(
        attend_arguments<Variant, bfloat16>{
            .q = view(q_), .k = view(k_), .v = view(v_), .out = view(out_), .lse = {lse_.data(), 1, tokens_, 0, 0}},
        workspace);
  }
  void attend_backward(cuda_workspace& workspace) {
    cuda::attend_backward(attend_backward_arguments<Variant, bfloat16>{.q = view(q_),
                                                                       .k = view(k_),
                                                                       .v = view(v_),
                                                                       .out = view(out_),
                                                                       .lse = {lse_.data(), 1, tokens_, 0, 0},
                                                                       .out_gradient = view(out_gradient_),
                                                                       .q_gradient = view(q_gradient_),
                                                                       .k_gradient = view(k_gradient_),
                                                                       .v_gradient = view(v_gradient_)},
                          workspace);
  }

 private:
  static constexpr int D = Variant::head_dim;

  head_view<bfloat16, 1, D> view(device_buffer<bfloat16>& tensor) const {
    return batch_token_head_view<1, D>(tensor.data(), 1, tokens_);
  }

  std::int64_t tokens_;
  device_buffer<bfloat16> q_, k_, v_, out_, out_gradient_, q_gradient_, k_gradient_, v_gradient_;
  device_buffer<float> lse_;
};

/// Runs forward and backward and counts.
template <int Dim, typename Mask>
void count_attention(std::int64_t tokens) {
  counted_call<one_head<Dim, Mask>> call(tokens);
  cuda_workspace workspace({}, 1 << 20);
  emulator::count_from_now();
  call.attend(workspace);
  call.attend_backward(workspace);
  emulator::stop_counting();
}

/// A kernel, how many products of [tokens][head size] with another it takes, and at a head size of 64 the rows that
/// skip a tile together and the rows of that tile.
struct counted_kernel {
  const char* name;
  int products;
  int rows;
  int tile;
};
constexpr counted_kernel counted_kernels[] = {
    {"attend", 2, 32, 64}, {"gradients of queries", 3, 32, 32}, {"gradients of keys and values", 4, 128, 32}};

std::int64_t fewest_multiply_adds(const counted_kernel& kernel, std::int64_t tokens, int dim) {
  return kernel.products * tokens * tokens * dim / (16 * 8 * 16);
}

template <int Dim>
void check_traffic() {
  constexpr std::int64_t tokens = 256;
  count_attention<Dim, full_mask>(tokens);
  for (const counted_kernel& kernel : counted_kernels) {
    const std::string name = kernel.name;
    CAPTURE(name);
    CAPTURE(Dim);
    const std::string accesses = emulator::accesses_of(name);
    CAPTURE(accesses);
    const emulator::statistics s = emulator::statistics_of(name);
    REQUIRE(s.launches == 1);
    CHECK(s.matrix_loads.instructions > 0);
    CHECK(s.matrix_loads.conflicts == 0);
    CHECK(s.copies_to_shared.instructions > 0);
    CHECK(s.copies_to_shared.conflicts == 0);
    CHECK(s.shared_loads.conflicts == 0);
    CHECK(s.shared_stores.conflicts == 0);
    CHECK(s.copies_from_global.sectors == s.copies_from_global.fewest_sectors);
    CHECK(s.global_stores.sectors == s.global_stores.fewest_sectors);
    CHECK(s.global_loads.sectors == s.global_loads.fewest_sectors);
    const std::int64_t fewest = fewest_multiply_adds(kernel, tokens, Dim);
    CHECK(s.multiply_adds >= fewest);
    CHECK(s.multiply_adds <= fewest + fewest / 20);
  }
}

TEST_CASE("attention on whole tiles meets no bank twice, moves whole sectors and multiplies no more than it must") {
  check_traffic<64>();
  check_traffic<128>();
}

TEST_CASE("a causal mask halves the products") {
  constexpr std::int64_t tokens = 1024;
  count_attention<64, causal_mask>(tokens);
  for (const counted_kernel& kernel : counted_kernels) {
    const std::string name = kernel.name;
    CAPTURE(name);
    const std::int64_t half = fewest_multiply_adds(kernel, tokens, 64) / 2;
    CHECK(emulator::statistics_of(name).multiply_adds <= half + half * 15 / 100);
  }
}

TEST_CASE("a window is all that is multiplied") {
  constexpr std::int64_t tokens = 1024;
  count_attention<64, sliding_window<128>>(tokens);
  for (const counted_kernel& kernel : counted_kernels) {
    const std::string name = kernel.name;
    CAPTURE(name);
    // Every row has a window of its own.
    const std::int64_t most = fewest_multiply_adds(kernel, tokens, 64) * (128 + kernel.rows + kernel.tile) / tokens;
    CHECK(emulator::statistics_of(name).multiply_adds <= most);
  }
}

TEST_CASE("the backward of attention starts nothing where there is not enough memory for all of it") {
  counted_call<one_head<16, full_mask>> call(256);
  const std::size_t bytes =
      cuda_workspace::bytes_for([&](cuda_workspace& workspace) { call.attend_backward(workspace); });
  cuda_workspace workspace({}, bytes - cuda_workspace::alignment);
  emulator::count_from_now();
  CHECK_THROWS_AS(call.attend_backward(workspace), error);
  emulator::stop_counting();
  CHECK(emulator::statistics_of("multiply_heads").launches == 0);
  CHECK(emulator::statistics_of("numbers of queries").launches == 0);
}

/// A window that counts how often it is asked.
struct counted_window {
  using slot = mask_slot;
  static inline std::int64_t asked = 0;
  static key_range visible_keys(query_token at) {
    ++asked;
    return sliding_window<40>::visible_keys(at);
  }
};

std::int64_t asked_by_backward(std::int64_t tokens) {
  counted_call<one_head<16, counted_window>> call(tokens);
  cuda_workspace workspace({}, 1 << 20);
  call.attend(workspace);
  counted_window::asked = 0;
  call.attend_backward(workspace);
  return counted_window::asked;
}

TEST_CASE("twice the tokens behind a window ask the mask twice as often") {
  const std::int64_t once = asked_by_backward(1024);
  CHECK(once > 0);
  CHECK(asked_by_backward(2048) <= 2 * once + once / 10);
}

}  // namespace headwise::test
