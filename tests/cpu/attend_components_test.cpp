// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/attend_components.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
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

TEST_CASE("heads that lie apart in memory are absorbed as heads that follow each other") {
  const std::int64_t keys = 300;
  const std::vector<double> by_token = random_numbers(41).normals<double>(keys * 2 * 4);
  std::vector<double> by_head(by_token.size());
  const auto heads = batch_head_token_view<2, 4>(by_head.data(), 1, keys);
  for (std::int64_t n = 0; n < keys; ++n)
    for (int h = 0; h < 2; ++h) std::copy_n(by_token.data() + (n * 2 + h) * 4, 4, heads.row(0, n, h));
  const auto tokens = batch_token_head_view<2, 4>(by_token.data(), 1, keys);
  host_workspace workspace;
  for (const std::int64_t queries : {1, 9}) {
    const auto outputs_with = [&](const head_view<const double, 2, 4>& components) {
      std::vector<double> outputs(static_cast<std::size_t>(queries * 2 * 4));
      cpu_backend::attend_components<decode_mode::absorbed>(
          attend_components_arguments<apart, double>{.q = batch_token_head_view<2, 4>(by_token.data(), 1, queries),
                                                     .k = components,
                                                     .v = components,
                                                     .key_weight = std::span(by_token).first(4),
                                                     .value_weight = std::span(by_token).first(4),
                                                     .out = batch_token_head_view<2, 4>(outputs.data(), 1, queries)},
          workspace);
      return outputs;
    };
    const std::vector<double> outputs = outputs_with(tokens);
    CHECK(bitwise_equal(outputs, outputs_with(heads)));
    CHECK(largest_magnitude(outputs) > 0);
  }
}

}  // namespace headwise::test
