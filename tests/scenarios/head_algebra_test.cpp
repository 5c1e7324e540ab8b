// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"

namespace headwise::test {

constexpr int H = 8;
constexpr int G = 4;
constexpr int D = 8;
constexpr int Dv = 6;

template <int Components, typename Map>
struct composed_heads : attention_variant<query_heads<H>, composite_heads<G>, component_heads<Components>, head_dim<D>,
                                          value_dim<Dv>, linear_head_mixing, causal_mask, Map> {};

/// What a variant means without any of its vocabulary: every query head has keys and values of its own.
struct own_heads : attention_variant<query_heads<H>, head_dim<D>, value_dim<Dv>, causal_mask> {};

/// The maps once more, as tables.
constexpr int block[H] = {0, 0, 1, 1, 2, 2, 3, 3};
constexpr int cyclic[H] = {0, 1, 2, 3, 0, 1, 2, 3};

/// Negative entries, a composite head made of nothing, and one that is a component head as it is.
template <typename Variant>
void set_weights(component_tensors<Variant, double>& t) {
  for (std::vector<double>* weight : {&t.key_weight, &t.value_weight})
    for (std::size_t c = 0; c < Variant::component_heads; ++c) {
      (*weight)[c * G] = c == 0 ? 1 : 0;
      (*weight)[c * G + 1] = 0;
      (*weight)[c * G + 2] = -1.5 + static_cast<double>(c);
    }
}

template <int Components, int Dim>
void expand(const head_tensor<double, Components, Dim>& components, const std::vector<double>& weight,
            const int (&map)[H], head_tensor<double, H, Dim>& expanded) {
  for (std::int64_t b = 0; b < components.batch(); ++b)
    for (std::int64_t n = 0; n < components.tokens(); ++n)
      for (int h = 0; h < H; ++h)
        for (int d = 0; d < Dim; ++d) {
          double sum = 0;
          for (int c = 0; c < Components; ++c)
            sum += weight[static_cast<std::size_t>(c * G + map[h])] * components.at(b, n, c, d);
          expanded.at(b, n, h, d) = sum;
        }
}

template <typename Backend, int Components, typename Map>
std::vector<double> check_against_own_heads(const attend_sizes& sizes, const int (&map)[H]) {
  CAPTURE(sizes);
  CAPTURE(Components);
  constexpr std::uint64_t seed = 141;
  CAPTURE(seed);
  auto t = random_component_tensors<composed_heads<Components, Map>, double>(sizes, seed);
  set_weights(t);
  typename Backend::workspace workspace;
  Backend::attend_components(t.arguments(), workspace);

  attend_tensors<own_heads, double> expanded(sizes);
  copy_values(t.q, expanded.q);
  expand(t.k, t.key_weight, map, expanded.k);
  expand(t.v, t.value_weight, map, expanded.v);
  Backend::attend(expanded.forward_arguments(), workspace);
  const double score = 1 + largest_magnitude(expanded.lse.values);
  const double value = largest_magnitude(values_of(expanded.v));
  CHECK(equal_up_to_rounding(values_of(t.out), values_of(expanded.out), score * Components * value));
  CHECK(equal_up_to_rounding(t.lse.values, expanded.lse.values, score * Components));
  return values_of(t.out);
}

TEST_CASE_ON_EVERY_BACKEND("composed heads are what their matrix and their map say, head by head") {
  const attend_sizes decoding{.batch = 2, .queries = 1, .keys = 70, .key_lengths = {70, 33}};
  const attend_sizes chunk{.batch = 1, .queries = 40, .keys = 90};
  for (const attend_sizes& sizes : {decoding, chunk}) {
    check_against_own_heads<Backend, 1, block_head_map>(sizes, block);
    check_against_own_heads<Backend, 4, cyclic_head_map>(sizes, cyclic);
    check_against_own_heads<Backend, 7, block_head_map>(sizes, block);
    const auto by_block = check_against_own_heads<Backend, 3, block_head_map>(sizes, block);
    const auto by_cycle = check_against_own_heads<Backend, 3, cyclic_head_map>(sizes, cyclic);
    // Another map is another function; a test that could not tell them apart would test neither.
    CHECK(largest_error(by_block, by_cycle).error > 1e-3);
  }
}

/// Gradients of keys and values that several query heads read are sums over those heads.
template <typename Map>
struct grouped : attention_variant<query_heads<H>, composite_heads<G>, head_dim<D>, value_dim<Dv>, causal_mask, Map> {};

template <typename Backend, typename Map>
void check_gradient_sums(const int (&map)[H]) {
  const attend_sizes sizes{.batch = 2, .queries = 50, .keys = 60};
  auto t = random_attend_tensors<grouped<Map>, double>(sizes, 142);
  attend_tensors<own_heads, double> expanded(sizes);
  copy_values(t.q, expanded.q);
  copy_values(t.out_gradient, expanded.out_gradient);
  expanded.lse_gradient = t.lse_gradient;
  const auto sum_over_heads = [&](const auto& of_heads, auto& of_composites) {
    of_composites.fill(0);
    for (std::int64_t b = 0; b < of_heads.batch(); ++b)
      for (std::int64_t n = 0; n < of_heads.tokens(); ++n)
        for (int h = 0; h < H; ++h)
          for (int d = 0; d < of_heads.view().dim; ++d) of_composites.at(b, n, map[h], d) += of_heads.at(b, n, h, d);
  };
  std::vector<double> identity(G * G);
  for (std::size_t g = 0; g < G; ++g) identity[g * G + g] = 1;
  expand(t.k, identity, map, expanded.k);
  expand(t.v, identity, map, expanded.v);
  run_attend<Backend>(t);
  run_attend<Backend>(expanded);
  auto k_gradient = t.k_gradient;
  auto v_gradient = t.v_gradient;
  sum_over_heads(expanded.k_gradient, k_gradient);
  sum_over_heads(expanded.v_gradient, v_gradient);
  const double magnitude = 100 * largest_magnitude(values_of(k_gradient));
  CHECK(equal_up_to_rounding(values_of(t.k_gradient), values_of(k_gradient), magnitude));
  CHECK(equal_up_to_rounding(values_of(t.v_gradient), values_of(v_gradient), magnitude));
  CHECK(equal_up_to_rounding(values_of(t.q_gradient), values_of(expanded.q_gradient), magnitude));
}

TEST_CASE_ON_EVERY_BACKEND("the gradient of a shared head is the sum over the heads that share it") {
  check_gradient_sums<Backend, block_head_map>(block);
  check_gradient_sums<Backend, cyclic_head_map>(cyclic);
}

}  // namespace headwise::test
