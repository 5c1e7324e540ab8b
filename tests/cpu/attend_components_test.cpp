// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/cpu.hpp>
#include <vector>

#include "support/random.hpp"

namespace {

using namespace headwise;

struct square_mixing
    : attention_variant<query_heads<6>, head_dim<20>, linear_head_mixing, causal_mask, number_types<double>> {};
struct virtual_heads : attention_variant<query_heads<8>, composite_heads<4>, component_heads<3>, head_dim<16>,
                                         value_dim<12>, linear_head_mixing, sliding_window<300>> {};
struct keys_mixed_alone : attention_variant<query_heads<4>, head_dim<8>, linear_key_mixing, alibi, causal_mask> {};

/// The largest difference between absorbing the mixing and building the composite heads.
template <typename Variant>
double difference(std::int64_t queries, std::int64_t keys, std::vector<std::int64_t> key_lengths) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int C = Variant::component_heads;
  constexpr int D = Variant::head_dim;
  constexpr int Dv = Variant::value_dim;
  const auto batch = static_cast<std::int64_t>(key_lengths.size());
  test::random_numbers random(4);
  const auto q = random.normals<double>(batch * queries * H * D);
  const auto k = random.normals<double>(batch * keys * C * D);
  const auto v = random.normals<double>(batch * keys * C * Dv);
  const auto weight = random.normals<double>(C * G);
  std::vector<double> out(static_cast<std::size_t>(batch * queries * H * Dv));
  std::vector<double> lse(static_cast<std::size_t>(batch * queries * H));
  auto expected_out = out;
  auto expected_lse = lse;
  const auto weight_of = [&](bool mixes) {
    return mixes ? std::span<const double>(weight) : std::span<const double>();
  };
  attend_components_arguments<Variant, double> arguments{
      .q = batch_token_head_view<H, D>(q.data(), batch, queries),
      .k = batch_token_head_view<C, D>(k.data(), batch, keys),
      .v = batch_token_head_view<C, Dv>(v.data(), batch, keys),
      .key_weight = weight_of(Variant::key_mixing::mixes),
      .value_weight = weight_of(Variant::value_mixing::mixes),
      .out = batch_token_head_view<H, Dv>(out.data(), batch, queries),
      .lse = batch_head_scalar_view<H>(lse.data(), batch, queries),
      .key_lengths = key_lengths};
  host_workspace workspace;
  cpu::attend_absorbed(arguments, workspace);
  arguments.out = batch_token_head_view<H, Dv>(expected_out.data(), batch, queries);
  arguments.lse = batch_head_scalar_view<H>(expected_lse.data(), batch, queries);
  headwise::detail::attend_expanded<reference_backend>(arguments, workspace);
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - expected_out[i]));
  for (std::size_t i = 0; i < lse.size(); ++i)
    if (lse[i] != expected_lse[i]) worst = std::max(worst, std::abs(lse[i] - expected_lse[i]));
  return worst;
}

}  // namespace

TEST_CASE("absorbing the mixing gives what building the composite heads gives") {
  for (const std::int64_t queries : {1, 3}) {
    CAPTURE(queries);
    CHECK(difference<square_mixing>(queries, 700, {700, 1, 513}) < 1e-12);
    CHECK(difference<virtual_heads>(queries, 700, {700, 0, 512}) < 1e-12);
    CHECK(difference<keys_mixed_alone>(queries, 40, {40, 2}) < 1e-12);
  }
}
