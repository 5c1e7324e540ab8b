// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/faults.hpp"
#include "emulator/statistics.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend_components.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "support/random.hpp"

namespace headwise::test {

// What only the emulator can say of decoding.

/// A call of one sequence on the device.
template <typename Variant>
struct decode_problem {
  static constexpr int H = Variant::query_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int D = Variant::head_dim;

  std::int64_t queries;
  std::int64_t keys;
  device_buffer<bfloat16> q = numbers(queries * H * D);
  device_buffer<bfloat16> k = numbers(keys * C * D);
  device_buffer<bfloat16> v = numbers(keys * C * D);
  device_buffer<bfloat16> weight = numbers(C * G);
  device_buffer<bfloat16> out = numbers(queries * H * D);
  cuda_workspace workspace{{}, std::size_t{1} << 26};

  static device_buffer<bfloat16> numbers(std::int64_t count) {
    random_numbers random(331);
    device_buffer<bfloat16> buffer;
    buffer.assign(random.normals<bfloat16>(count));
    return buffer;
  }

  /// What the kernel of this name did in the call.
  template <cuda::decode_mode Mode>
  emulator::statistics run(const std::string& kernel) {
    const auto constant = [](bfloat16* data) -> const bfloat16* { return data; };
    attend_components_arguments<Variant, bfloat16> a{.q = batch_token_head_view<H, D>(constant(q.data()), 1, queries),
                                                     .k = batch_token_head_view<C, D>(constant(k.data()), 1, keys),
                                                     .v = batch_token_head_view<C, D>(constant(v.data()), 1, keys),
                                                     .out = batch_token_head_view<H, D>(out.data(), 1, queries)};
    if constexpr (Variant::key_mixing::mixes) a.key_weight = weight;
    if constexpr (Variant::value_mixing::mixes) a.value_weight = weight;
    emulator::count_from_now();
    cuda::attend_components<Mode>(a, workspace);
    emulator::stop_counting();
    return emulator::statistics_of(kernel);
  }

  std::int64_t cache_sectors() const { return keys * C * 2 * D * 2 / 32; }
};

/// The cache is read `times` over, by whole sectors, and no access to shared memory waits for another one.
inline void check_accesses(const std::string& kernel, std::int64_t cache_sectors, std::int64_t times) {
  const emulator::statistics s = emulator::statistics_of(kernel);
  const std::string accesses = emulator::accesses_of(kernel);
  CAPTURE(accesses);
  REQUIRE(s.launches == 1);
  // No row is taken again, as one that met a NaN would be.
  CHECK_FALSE(contains(accesses, "decode_plain_row"));
  CHECK(s.copies_from_global.sectors == s.copies_from_global.fewest_sectors);
  CHECK(s.copies_from_global.sectors == times * cache_sectors);
  CHECK(s.copies_to_shared.conflicts == 0);
  CHECK(s.matrix_loads.conflicts == 0);
  CHECK(s.shared_loads.conflicts == 0);
  CHECK(s.shared_stores.conflicts == 0);
}

/// The cache is read once, and tensor cores do no more than `products` products of all rows, in whole tiles of 16, with
/// keys and values of a head.
template <typename Variant, cuda::decode_mode Mode>
void check_decode(std::int64_t queries, std::int64_t keys, std::int64_t rows, std::int64_t products) {
  decode_problem<Variant> problem{queries, keys};
  const emulator::statistics s = problem.template run<Mode>("decode");
  check_accesses("decode", problem.cache_sectors(), 1);
  constexpr std::int64_t D = Variant::head_dim;
  CHECK(s.multiply_adds == products * 2 * (rows / 16) * (keys / 8) * (D / 16));
}

constexpr auto absorbed = cuda::decode_mode::absorbed;
constexpr auto expanded = cuda::decode_mode::expanded;

template <int D, typename... Policies>
struct heads_of : attention_variant<query_heads<32>, head_dim<D>, Policies...> {};

TEST_CASE("absorbed decoding reads the cache once for all query heads") {
  check_decode<heads_of<128, component_heads<4>, linear_head_mixing>, absorbed>(1, 512, 32, 4);
  check_decode<heads_of<64, component_heads<8>, linear_head_mixing>, absorbed>(2, 1024, 64, 8);
  check_decode<attention_variant<query_heads<8>, head_dim<64>, linear_head_mixing>, absorbed>(2, 512, 16, 8);
}

TEST_CASE("decoding of grouped heads reads keys and values once for all query heads of a group") {
  check_decode<heads_of<128, composite_heads<4>>, expanded>(1, 1024, 16, 4);
  check_decode<heads_of<64, composite_heads<8>>, expanded>(4, 512, 16, 8);
  check_decode<heads_of<64, composite_heads<2>>, expanded>(3, 512, 48, 2);
}

/// A block for 16 composite heads reads the cache, mixes all component heads, 16 at a time, and multiplies tiles of 16
/// rows with 16 composite heads.
template <typename Variant>
void check_mixing(std::int64_t queries, std::int64_t keys, std::int64_t times) {
  decode_problem<Variant> problem{queries, keys};
  const emulator::statistics s = problem.template run<cuda::decode_mode::mix_on_the_fly>("mixed_decode");
  check_accesses("mixed_decode", problem.cache_sectors(), times);
  constexpr std::int64_t D = Variant::head_dim;
  constexpr std::int64_t steps = (Variant::component_heads + 15) / 16;
  CHECK(s.multiply_adds == times * 2 * keys * (D / 8) * (steps + 1));
}

TEST_CASE("mixing on the fly reads the cache once for 16 composite heads") {
  check_mixing<heads_of<64, composite_heads<16>, component_heads<8>, linear_head_mixing>>(4, 256, 1);
  check_mixing<heads_of<128, component_heads<16>, linear_head_mixing>>(16, 64, 2);
  check_mixing<heads_of<64, component_heads<18>, linear_head_mixing>>(2, 64, 2);
}

TEST_CASE("a window's keys are read, and no others") {
  using window = heads_of<64, composite_heads<4>, sliding_window<128>>;
  decode_problem<window> problem{1, 2048};
  const emulator::statistics s = problem.run<expanded>("decode");
  CHECK(s.copies_from_global.sectors == problem.cache_sectors() / 16);
}

TEST_CASE("merging reads every part once, by whole sectors") {
  using grouped = heads_of<128, composite_heads<4>>;
  decode_problem<grouped> problem{1, 2048};
  const emulator::statistics parts = problem.run<expanded>("decode");
  const emulator::statistics merge = emulator::statistics_of("merge_decode_parts");
  CHECK(parts.global_stores.sectors >= 32 * 4 * 128 * 4 / 32);
  CHECK(merge.blocks == 32);
  CHECK(merge.global_loads.sectors == merge.global_loads.fewest_sectors);
  CHECK(merge.global_stores.sectors == merge.global_stores.fewest_sectors);
}

}  // namespace headwise::test
