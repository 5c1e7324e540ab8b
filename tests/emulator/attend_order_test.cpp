// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/settings.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/core/error.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"
#include "support/conformance.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

// What only the emulator can say of the launches of attention.

struct grouped_window
    : attention_variant<query_heads<4>, composite_heads<2>, head_dim<24>, value_dim<40>, sliding_window<70>> {};

template <typename Scalar>
attend_tensors<grouped_window, Scalar> attended() {
  auto t = random_attend_tensors<grouped_window, Scalar>(
      {.batch = 2, .queries = 40, .keys = 90, .query_lengths = {40, 17}, .key_lengths = {33, 90}}, 311);
  run_attend<mirrored_cuda_attention>(t);
  return t;
}

TEST_CASE_TEMPLATE("attention does not depend on the order of blocks and threads", Scalar, bfloat16, float) {
  const std::uint64_t seed_before = emulator::seed();
  const auto expected = attended<Scalar>();
  const auto check_same = [&] {
    for_each_result(attended<Scalar>(), expected, [](const std::string& name, const auto& found, const auto& first) {
      CAPTURE(name);
      CHECK(bitwise_equal(found, first));
    });
  };
  for (std::uint64_t seed = 2; seed < 7; ++seed) {
    CAPTURE(seed);
    emulator::set_seed(seed);
    check_same();
  }
  emulator::set_seed(seed_before);
}

TEST_CASE("attention agrees with the reference where tensor cores cut their sums off") {
  emulator::set_cut_sums(true);
  const auto t = attended<bfloat16>();
  emulator::set_cut_sums(false);
  check_all(verdicts_of(t));
  CHECK_FALSE(bitwise_equal(t.lse.values, attended<bfloat16>().lse.values));
}

/// The name in the error of a call whose launch fails after so many others.
template <typename Call>
std::string failed_launch(int others, const Call& call) {
  emulator::fail_next_launch(others);
  try {
    call();
  } catch (const error& found) {
    CHECK(found.needed() == "cudaSuccess");
    return found.argument();
  }
  return "nothing";
}

TEST_CASE("a launch of attention that fails is an error with the kernel's name") {
  auto t = random_attend_tensors<grouped_window, bfloat16>({.batch = 1, .queries = 60, .keys = 60}, 312);
  host_workspace workspace;
  const auto forward = [&] { mirrored_cuda_attention::attend(t.forward_arguments(), workspace); };
  const auto backward = [&] { mirrored_cuda_attention::attend_backward(t.backward_arguments(), workspace); };
  CHECK(failed_launch(0, forward) == "attend");
  forward();
  CHECK(failed_launch(0, backward) == "multiply_heads");
  CHECK(failed_launch(1, backward) == "numbers of queries");
  CHECK(failed_launch(2, backward) == "gradients of keys and values");
  CHECK(failed_launch(3, backward) == "gradients of queries");
  backward();
  for_each_result(t, [](const std::string& name, const auto& values) {
    CAPTURE(name);
    CHECK(all_finite(values));
  });
}

}  // namespace headwise::test
