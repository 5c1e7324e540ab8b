// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "emulator/left_out_waits.hpp"
#include "emulator/settings.hpp"
#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"

namespace headwise::test {

struct mixed : attention_variant<query_heads<8>, component_heads<4>, head_dim<16>, linear_head_mixing, causal_mask> {};
struct grouped : attention_variant<query_heads<8>, composite_heads<2>, head_dim<16>, sliding_window<300>> {};

/// What a call gives, where all its tensors lie in a layout.
struct decoded {
  std::vector<bfloat16> out;
  std::vector<float> lse;
};

template <typename Variant, cuda::decode_mode Mode>
decoded decoded_of(component_tensors<Variant, bfloat16> t) {
  host_workspace workspace;
  mirrored_decode_backend<Mode>::attend_components(t.arguments(), workspace);
  return {values_of(t.out), t.lse.values};
}

inline void check_equal(const decoded& a, const decoded& b) {
  CHECK(bitwise_equal(a.out, b.out));
  CHECK(bitwise_equal(a.lse, b.lse));
}

const attend_sizes sizes{.batch = 2, .queries = 3, .keys = 1100, .key_lengths = {1100, 413}};

template <typename Variant, cuda::decode_mode Mode>
void check_order_does_not_matter() {
  const auto tensors = random_component_tensors<Variant, bfloat16>(sizes, 321);
  const decoded expected = decoded_of<Variant, Mode>(tensors);
  const std::uint64_t seed = emulator::seed();
  for (const std::uint64_t other : {101U, 107U, 232U}) {
    emulator::set_seed(other);
    check_equal(decoded_of<Variant, Mode>(tensors), expected);
  }
  emulator::set_seed(seed);
}

TEST_CASE("decoding gives the same bits in every order of blocks and threads") {
  check_order_does_not_matter<mixed, cuda::decode_mode::absorbed>();
  check_order_does_not_matter<mixed, cuda::decode_mode::mix_on_the_fly>();
  check_order_does_not_matter<grouped, cuda::decode_mode::expanded>();
}

template <typename Variant, cuda::decode_mode Mode>
void check_all_waits() {
  // Keys of two parts, of which the second is short.
  const auto tensors =
      random_component_tensors<Variant, bfloat16>({.batch = 1, .queries = 3, .keys = 550, .key_lengths = {550}}, 325);
  // Behind its last tile a block waits for copies of which none are on their way; what is stored for the turns of a
  // warp is read behind a barrier of the block.
  check_waits_are_needed(
      4, [&] { decoded_of<Variant, Mode>(tensors); }, 1);
}

TEST_CASE("every wait of the kernels of decoding is needed: a fault is found where one is left out") {
  check_all_waits<mixed, cuda::decode_mode::absorbed>();
  check_all_waits<mixed, cuda::decode_mode::mix_on_the_fly>();
  check_all_waits<grouped, cuda::decode_mode::expanded>();
}

template <typename Variant, cuda::decode_mode Mode>
void check_layouts_do_not_matter() {
  const auto in_layout = [](head_layout layout) {
    component_tensors<Variant, bfloat16> t(sizes, attend_layouts::all(layout),
                                           std::numeric_limits<bfloat16>::quiet_NaN());
    t.fill_inputs(322);
    return decoded_of<Variant, Mode>(std::move(t));
  };
  const decoded expected = in_layout(head_layout::batch_token_head);
  for (const head_layout layout : output_layouts) {
    CAPTURE(static_cast<int>(layout));
    check_equal(in_layout(layout), expected);
  }
}

TEST_CASE("decoding gives the same bits however tensors lie") {
  check_layouts_do_not_matter<mixed, cuda::decode_mode::absorbed>();
  check_layouts_do_not_matter<mixed, cuda::decode_mode::mix_on_the_fly>();
  check_layouts_do_not_matter<grouped, cuda::decode_mode::expanded>();
}

template <typename Variant, cuda::decode_mode Mode>
void check_neighbours_do_not_matter() {
  const auto together = random_component_tensors<Variant, bfloat16>(sizes, 323);
  component_tensors<Variant, bfloat16> alone({.queries = 3, .keys = 413});
  alone.fill_inputs(324);
  alone.key_weight = together.key_weight;
  alone.value_weight = together.value_weight;
  const auto copy_second = [](const auto& from, auto& to) {
    for (std::int64_t n = 0; n < to.tokens(); ++n)
      for (int h = 0; h < to.view().heads; ++h)
        std::copy_n(from.view().row(1, n, h), to.view().dim, to.view().row(0, n, h));
  };
  copy_second(together.q, alone.q);
  copy_second(together.k, alone.k);
  copy_second(together.v, alone.v);
  const decoded all = decoded_of<Variant, Mode>(together);
  const auto second_half = [](const auto& values) {
    return std::remove_cvref_t<decltype(values)>(values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                                                 values.end());
  };
  check_equal(decoded_of<Variant, Mode>(alone), {second_half(all.out), second_half(all.lse)});
}

TEST_CASE("what a sequence gives does not depend on its neighbours in the batch, bit by bit") {
  check_neighbours_do_not_matter<mixed, cuda::decode_mode::absorbed>();
  check_neighbours_do_not_matter<mixed, cuda::decode_mode::mix_on_the_fly>();
  check_neighbours_do_not_matter<grouped, cuda::decode_mode::expanded>();
}

}  // namespace headwise::test
