// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/core/result_write.hpp"
#include "support/attend_elsewhere.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"
#include "support/far_tensor.hpp"

namespace headwise::test {

struct causal : attention_variant<query_heads<4>, composite_heads<2>, head_dim<16>, causal_mask> {};

TEST_CASE_ON_EVERY_BACKEND("attention over vectors more than 2^31 elements apart is that over neighbours") {
  for (const std::int64_t tokens : {1, 20})
    for (const far_axis axis : far_axes) {
      CAPTURE(tokens);
      CAPTURE(static_cast<int>(axis));
      auto near = random_attend_tensors<causal, float>({.batch = 2, .queries = tokens, .keys = tokens}, 71);
      run_attend<Backend>(near);
      check_elsewhere<Backend>(near, [&](const auto& tensor, std::size_t) { return far_tensor(tensor, axis); });
    }
}

struct mixed : attention_variant<query_heads<4>, component_heads<2>, head_dim<16>, linear_head_mixing> {};

TEST_CASE_ON_EVERY_BACKEND("attention over components more than 2^31 elements apart is that over neighbours") {
  for (const std::int64_t queries : {1, 20})
    for (const far_axis axis : far_axes) {
      CAPTURE(queries);
      CAPTURE(static_cast<int>(axis));
      auto t = random_component_tensors<mixed, float>({.batch = 2, .queries = queries, .keys = 20}, 72);
      host_workspace workspace;
      Backend::attend_components(t.arguments(), workspace);
      const far_tensor k(t.k, axis);
      const far_tensor v(t.v, axis);
      const far_tensor<float, 4, 16> out(2, queries, axis);
      auto a = t.arguments();
      a.k = k.view();
      a.v = v.view();
      a.out = out.view();
      Backend::attend_components(a, workspace);
      // A layout may change the way that is taken, and with it the rounding.
      CHECK(equal_up_to_rounding(values_of(out.view()), values_of(t.out), 100));
    }
}

TEST_CASE_ON_EVERY_BACKEND("head operations on vectors more than 2^31 elements apart are those on neighbours") {
  constexpr norm_settings no_gain{.gain = norm_gain::none};
  random_numbers random(73);
  const auto x = random_tensor<float, 3, 8>(2, 20, random);
  const auto weight = random.normals<float>(3 * 2);
  const std::span<const float> matrix(weight);
  const std::vector<std::int64_t> starts = {3, 0};
  const std::vector<std::int64_t> counts = {17, 20};
  host_workspace workspace;
  const auto all = [&](const auto& in, const auto& mixed_heads, const auto& y) {
    std::vector<std::vector<float>> results;
    Backend::mix_heads(in, matrix, mixed_heads, workspace);
    results.push_back(values_of(mixed_heads));
    std::vector<float> sums(weight.size());
    const head_view<const float, 2, 8> upstream = mixed_heads;
    Backend::mix_heads_backward(in, matrix, upstream, y, result_write::overwrite, std::span<float>(sums), workspace);
    results.push_back(values_of(y));
    results.push_back(sums);
    Backend::template normalize_heads<no_gain>(in, std::span<const float>{}, y, workspace);
    results.push_back(values_of(y));
    Backend::template rotate<rotary<>>(in, std::span<const std::int64_t>(starts), y, workspace);
    results.push_back(values_of(y));
    Backend::append_heads(in, std::span<const std::int64_t>(counts), std::span<const std::int64_t>(starts), y,
                          workspace);
    results.push_back(values_of(y));
    return results;
  };
  head_tensor<float, 2, 8> near_mixed(2, 20);
  head_tensor<float, 3, 8> near_y(2, 20);
  const auto near = all(x.view(), near_mixed.view(), near_y.view());
  for (const far_axis axis : far_axes) {
    CAPTURE(static_cast<int>(axis));
    const far_tensor in(x, axis);
    const far_tensor<float, 2, 8> far_mixed(2, 20, axis);
    const far_tensor<float, 3, 8> far_y(2, 20, axis);
    const auto far = all(head_view<const float, 3, 8>(in.view()), far_mixed.view(), far_y.view());
    for (std::size_t i = 0; i < near.size(); ++i) {
      CAPTURE(i);
      CHECK(bitwise_equal(far[i], near[i]));
    }
  }
}

}  // namespace headwise::test
