// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/cpu.hpp>
#include <vector>

namespace {

using namespace headwise;

struct mixed_types
    : attention_variant<query_heads<4>, composite_heads<2>, head_dim<20>, causal_mask, number_types<float, double>> {};

static_assert(multi_head<4, 64>::forward_workspace_bytes<cpu_backend, float>(1, 1000, 1000) > 0);
// Twice the tokens take at most twice the scratch: it is linear in tokens.
static_assert(multi_head<4, 64>::forward_workspace_bytes<cpu_backend, float>(1, 64000, 64000) <=
              2 * multi_head<4, 64>::forward_workspace_bytes<cpu_backend, float>(1, 32000, 32000));
static_assert(multi_head<4, 64>::backward_workspace_bytes<cpu_backend, float>(1, 64000, 64000) <=
              2 * multi_head<4, 64>::backward_workspace_bytes<cpu_backend, float>(1, 32000, 32000));

/// Runs forward and backward in workspaces of exactly the stated sizes and returns whether these sufficed.
template <typename Variant, typename T>
void check_workspaces(std::int64_t batch, std::int64_t queries, std::int64_t keys) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  constexpr int Dv = Variant::value_dim;
  CAPTURE(queries);
  std::vector<T> q(static_cast<std::size_t>(batch * queries * H * D), T(0.1));
  std::vector<T> k(static_cast<std::size_t>(batch * keys * G * D), T(0.2));
  std::vector<T> v(static_cast<std::size_t>(batch * keys * G * Dv), T(0.3));
  std::vector<T> out(static_cast<std::size_t>(batch * queries * H * Dv));
  std::vector<typename Variant::template accumulator<T>> lse(static_cast<std::size_t>(batch * queries * H));
  auto dq = q;
  auto dk = k;
  auto dv = v;
  auto dout = out;
  const attend_arguments<Variant, T> forward{.q = batch_token_head_view<H, D>(q.data(), batch, queries),
                                             .k = batch_token_head_view<G, D>(k.data(), batch, keys),
                                             .v = batch_token_head_view<G, Dv>(v.data(), batch, keys),
                                             .out = batch_token_head_view<H, Dv>(out.data(), batch, queries),
                                             .lse = batch_head_scalar_view<H>(lse.data(), batch, queries)};
  const attend_backward_arguments<Variant, T> backward{
      .q = forward.q,
      .k = forward.k,
      .v = forward.v,
      .out = forward.out,
      .lse = forward.lse,
      .out_gradient = batch_token_head_view<H, Dv>(dout.data(), batch, queries),
      .q_gradient = batch_token_head_view<H, D>(dq.data(), batch, queries),
      .k_gradient = batch_token_head_view<G, D>(dk.data(), batch, keys),
      .v_gradient = batch_token_head_view<G, Dv>(dv.data(), batch, keys)};
  const int threads = cpu::thread_count();
  const auto sufficed = [&](std::size_t bytes, const auto& call) {
    host_workspace workspace;
    workspace.reserve(bytes);
    call(workspace);
    return workspace.capacity() == bytes;
  };
  CHECK(sufficed(Variant::template forward_workspace_bytes<cpu_backend, T>(batch, queries, keys, threads),
                 [&](host_workspace& w) { cpu_backend::attend(forward, w); }));
  CHECK(sufficed(Variant::template backward_workspace_bytes<cpu_backend, T>(batch, queries, keys, threads),
                 [&](host_workspace& w) { cpu_backend::attend_backward(backward, w); }));
}

}  // namespace

TEST_CASE("attention needs no more scratch than the variant says") {
  for (const std::int64_t queries : {1, 2, 130, 300}) {
    check_workspaces<multi_head<2, 64>, float>(2, queries, 300);
    check_workspaces<grouped_query<6, 2, 10>, double>(1, queries, 700);
    check_workspaces<mixed_types, float>(2, queries, 300);
  }
}
