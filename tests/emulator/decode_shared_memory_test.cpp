// SPDX-License-Identifier: Apache-2.0
// Decoding on a device whose blocks have 99 KiB of shared memory, as on sm_86 and sm_89.
#include <doctest/doctest.h>

#include <cstddef>

#include "emulator/settings.hpp"
#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"

namespace headwise::test {

struct many_heads : attention_variant<query_heads<96>, head_dim<128>, linear_head_mixing> {};
struct few_heads : attention_variant<query_heads<16>, component_heads<40>, head_dim<128>, linear_head_mixing> {};
struct middle : attention_variant<query_heads<24>, component_heads<48>, head_dim<128>, linear_head_mixing> {};
struct narrow : attention_variant<query_heads<16>, component_heads<16>, head_dim<64>, linear_head_mixing> {};
struct wide : attention_variant<query_heads<16>, component_heads<16>, head_dim<128>, linear_head_mixing> {};

/// Calls on such a device.
struct on_small_device {
  std::size_t before = emulator::most_shared_bytes();

  on_small_device() { emulator::set_most_shared_bytes(99 * 1024); }
  ~on_small_device() { emulator::set_most_shared_bytes(before); }
  on_small_device(const on_small_device&) = delete;
  on_small_device& operator=(const on_small_device&) = delete;
};

template <typename Variant, cuda::decode_mode Mode>
void check_small(std::int64_t queries) {
  using tested = setting<mirrored_decode_backend<Mode>, Variant, bfloat16>;
  check_attend_components<tested>({.batch = 1, .queries = queries, .keys = 70}, 361);
}

TEST_CASE("every way to decode that is chosen runs where blocks have 99 KiB") {
  const on_small_device small;
  check_small<many_heads, cuda::decode_mode::absorbed>(1);
  check_small<few_heads, cuda::decode_mode::absorbed>(1);
  check_small<few_heads, cuda::decode_mode::absorbed>(3);
  check_small<middle, cuda::decode_mode::absorbed>(1);
  for (const std::int64_t queries : {1, 8, 40}) {
    check_small<narrow, cuda::decode_mode::choose>(queries);
    check_small<wide, cuda::decode_mode::choose>(queries);
  }
}

TEST_CASE("mixing on the fly by name is refused where it takes more than blocks have") {
  const on_small_device small;
  CHECK_THROWS_AS((check_small<wide, cuda::decode_mode::mix_on_the_fly>(1)), error);
  check_small<narrow, cuda::decode_mode::mix_on_the_fly>(1);
}

}  // namespace headwise::test
