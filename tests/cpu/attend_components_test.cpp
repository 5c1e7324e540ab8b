// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/attend_components.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cpu/cpu_backend.hpp"
#include "headwise/operations/attend_expanded.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/compare.hpp"
#include "support/component_magnitudes.hpp"
#include "support/component_tensors.hpp"
#include "support/errors.hpp"
#include "support/random.hpp"

namespace headwise::test {

struct square_mixing
    : attention_variant<query_heads<6>, head_dim<20>, linear_head_mixing, causal_mask, number_types<double>> {};
struct virtual_heads : attention_variant<query_heads<8>, composite_heads<4>, component_heads<3>, head_dim<16>,
                                         value_dim<12>, linear_head_mixing, sliding_window<300>> {};
struct apart : attention_variant<query_heads<2>, head_dim<4>, linear_head_mixing> {};
struct keys_mixed_alone : attention_variant<query_heads<4>, head_dim<8>, linear_key_mixing, alibi, causal_mask> {};

template <typename Variant>
void check_absorbed(std::int64_t queries, std::int64_t keys, std::vector<std::int64_t> key_lengths) {
  const attend_sizes sizes{.batch = static_cast<std::int64_t>(key_lengths.size()),
                           .queries = queries,
                           .keys = keys,
                           .key_lengths = std::move(key_lengths)};
  CAPTURE(sizes);
  auto absorbed = random_component_tensors<Variant, double>(sizes, 4);
  auto expanded = absorbed;
  host_workspace workspace;
  cpu::attend_absorbed(absorbed.arguments(), workspace);
  detail::attend_expanded<reference_backend>(expanded.arguments(), workspace);
  const attend_magnitudes m = magnitudes_of(expanded);
  CHECK(equal_up_to_rounding(values_of(absorbed.out), values_of(expanded.out), m.out.summed));
  CHECK(equal_up_to_rounding(absorbed.lse.values, expanded.lse.values, m.lse.summed));
}

TEST_CASE("absorbing the mixing gives what building the composite heads gives") {
  for (const std::int64_t queries : {1, 3}) {
    check_absorbed<square_mixing>(queries, 700, {700, 1, 513});
    check_absorbed<virtual_heads>(queries, 700, {700, 0, 512});
    check_absorbed<keys_mixed_alone>(queries, 40, {40, 2});
  }
}

TEST_CASE("heads that lie apart in memory are expanded, and absorbing them by name is refused") {
  const std::vector<double> numbers = random_numbers(41).normals<double>(40);
  std::vector<double> outputs(8);
  const attend_components_arguments<apart, double> a{.q = batch_token_head_view<2, 4>(numbers.data(), 1, 1),
                                                     .k = batch_head_token_view<2, 4>(numbers.data(), 1, 5),
                                                     .v = batch_head_token_view<2, 4>(numbers.data(), 1, 5),
                                                     .key_weight = std::span(numbers).first(4),
                                                     .value_weight = std::span(numbers).first(4),
                                                     .out = batch_token_head_view<2, 4>(outputs.data(), 1, 1)};
  host_workspace workspace;
  CHECK(cpu::chosen_decode_mode(a) == decode_mode::expanded);
  auto adjacent = a;
  adjacent.k = adjacent.v = batch_token_head_view<2, 4>(numbers.data(), 1, 5);
  CHECK(cpu::chosen_decode_mode(adjacent) == decode_mode::absorbed);
  CHECK(refuses([&] { cpu_backend::attend_components<decode_mode::absorbed>(a, workspace); }, "k and v",
                "views of heads that lie apart", "heads that follow each other"));
  cpu_backend::attend_components<decode_mode::expanded>(a, workspace);
  const std::vector<double> expanded = outputs;
  outputs.assign(8, 0);
  cpu_backend::attend_components(a, workspace);
  CHECK(bitwise_equal(outputs, expanded));
  CHECK(largest_magnitude(outputs) > 0);
}

}  // namespace headwise::test
