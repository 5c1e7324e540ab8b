// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/policies/head_norm.hpp"
#include "headwise/policies/positions.hpp"
#include "support/compare.hpp"
#include "support/head_tensor.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// The sizes of the tensors that are laid out in many ways.
struct layout_sizes {
  static constexpr std::int64_t batch = 2;
  static constexpr std::int64_t tokens = 37;
  static constexpr int components = 3;
  static constexpr int composites = 5;
  static constexpr norm_settings own_gains{.gain = norm_gain::per_head};
};

/// The same random values in any layout.
template <typename T, int Heads, int Dim>
head_tensor<T, Heads, Dim> laid_out(head_layout layout, std::uint64_t seed) {
  head_tensor<T, Heads, Dim> tensor(layout_sizes::batch, layout_sizes::tokens, layout);
  random_numbers random(seed);
  tensor.fill(random);
  return tensor;
}

/// All that head operations give where their inputs lie in one layout and their outputs in another. Whatever of the
/// outputs' memory belongs to no vector must stay as it is.
template <typename Backend, typename T, int D>
std::vector<std::vector<T>> results_in_layouts(head_layout input, head_layout output) {
  constexpr int C = layout_sizes::components;
  constexpr int G = layout_sizes::composites;
  constexpr norm_settings own_gains = layout_sizes::own_gains;
  const T gap = T(77.0F);
  host_workspace workspace;
  random_numbers random(151);
  const auto weight = random.normals<T>(C * G);
  const auto gain = random.normals<T>(C * D);
  const auto components = laid_out<T, C, D>(input, 152);
  const auto gradients = laid_out<T, C, D>(input, 153);
  const auto composite_gradient = laid_out<T, G, D>(input, 154);
  head_tensor<T, G, D> composites(layout_sizes::batch, layout_sizes::tokens, output, gap);
  head_tensor<T, C, D> y(layout_sizes::batch, layout_sizes::tokens, output, gap);
  std::vector<T> sums(C * G, T(0.0F));
  std::vector<T> gain_sums(C * D, T(0.0F));
  std::vector<std::vector<T>> all;

  Backend::mix_heads(components.view(), std::span<const T>(weight), composites.view(), workspace);
  all.push_back(values_of(composites));
  Backend::mix_heads_backward(components.view(), std::span<const T>(weight), composite_gradient.view(), y.view(),
                              result_write::overwrite, std::span<T>(sums), workspace);
  all.push_back(values_of(y));
  all.push_back(sums);
  Backend::mix_heads_backward(components.view(), std::span<const T>(weight), composite_gradient.view(), y.view(),
                              result_write::add, std::span<T>(sums), workspace);
  all.push_back(values_of(y));
  Backend::template normalize_heads<own_gains>(components.view(), std::span<const T>(gain), y.view(), workspace);
  all.push_back(values_of(y));
  Backend::template normalize_heads_backward<own_gains>(components.view(), std::span<const T>(gain), gradients.view(),
                                                        y.view(), std::span<T>(gain_sums), workspace);
  all.push_back(values_of(y));
  all.push_back(gain_sums);
  const std::vector<std::int64_t> starts = {5, 0};
  Backend::template rotate<rotary<>>(components.view(), std::span<const std::int64_t>(starts), y.view(), workspace);
  all.push_back(values_of(y));
  Backend::template rotate_backward<rotary<>>(y.view(), std::span<const std::int64_t>(starts), y.view(), workspace);
  all.push_back(values_of(y));
  const std::vector<std::int64_t> counts = {2, 30};
  Backend::append_heads(components.view(), std::span<const std::int64_t>(counts), std::span<const std::int64_t>(starts),
                        y.view(), workspace);
  all.push_back(values_of(y));
  const auto gaps_of = [&](auto& tensor) {
    tensor.fill(gap);
    return tensor.storage();
  };
  CHECK(bitwise_equal(gaps_of(composites), std::vector<T>(composites.storage().size(), gap)));
  CHECK(bitwise_equal(gaps_of(y), std::vector<T>(y.storage().size(), gap)));
  return all;
}

/// Mixing, norms, rotation and appending of heads of `D` features give the same bits in every layout.
template <typename Backend, typename T, int D>
void check_layouts() {
  const auto contiguous =
      results_in_layouts<Backend, T, D>(head_layout::batch_token_head, head_layout::batch_token_head);
  const auto check_pair = [&](head_layout input, head_layout output) {
    CAPTURE(static_cast<int>(input));
    CAPTURE(static_cast<int>(output));
    const auto found = results_in_layouts<Backend, T, D>(input, output);
    for (std::size_t i = 0; i < contiguous.size(); ++i) {
      CAPTURE(i);
      CHECK(bitwise_equal(found[i], contiguous[i]));
    }
  };
  for (const head_layout layout : output_layouts) check_pair(layout, layout);
  check_pair(head_layout::shifted_by_one, head_layout::batch_token_head);
  check_pair(head_layout::batch_head_token, head_layout::padded_rows);
  check_pair(head_layout::packed_rows, head_layout::shifted_by_one);
}

}  // namespace headwise::test
