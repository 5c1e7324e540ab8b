// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "headwise/reference/reference_backend.hpp"
#include "support/attend_magnitudes.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"
#include "support/component_magnitudes.hpp"
#include "support/component_tensors.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

/// How a backend runs a call whose tensors lie in the host's memory. A backend with memory of its own specialises this
/// and joins every list of settings below.
template <typename Backend>
struct backend_runner {
  template <typename Variant, typename Scalar>
  static void attend(attend_tensors<Variant, Scalar>& tensors) {
    typename Backend::workspace workspace = poisoned_workspace();
    run_attend<Backend>(tensors, workspace);
  }
  template <typename Variant, typename Scalar>
  static void attend_components(component_tensors<Variant, Scalar>& tensors) {
    typename Backend::workspace workspace = poisoned_workspace();
    Backend::attend_components(tensors.arguments(), workspace);
  }
};

/// One place of the agreement tests: this backend computes this variant in this number type.
template <typename Backend, typename Variant, typename Scalar>
struct setting {
  using backend = Backend;
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;
};

namespace settings {

template <typename Variant, typename Scalar, typename... Backends>
std::tuple<setting<Backends, Variant, Scalar>...> on_backends(std::tuple<Backends...>);

template <typename Backends, typename... Variants, std::size_t... Index>
auto by_turns(std::index_sequence<Index...>) -> decltype(std::tuple_cat(
    on_backends<Variants, std::conditional_t<Index % 2 == 0, float, double>>(Backends{})...));

template <typename Backends, typename Variant>
using in_both_precisions =
    decltype(std::tuple_cat(on_backends<Variant, float>(Backends{}), on_backends<Variant, double>(Backends{})));

}  // namespace settings

/// Every variant on every backend of a tuple, in float and double, as a tuple of settings.
template <typename Backends, typename... Variants>
using settings_of = decltype(std::tuple_cat(settings::in_both_precisions<Backends, Variants>{}...));

/// Every variant on every backend of a tuple, in one precision.
template <typename Backends, typename... Variants>
using in_float = decltype(std::tuple_cat(settings::on_backends<Variants, float>(Backends{})...));
template <typename Backends, typename... Variants>
using in_double = decltype(std::tuple_cat(settings::on_backends<Variants, double>(Backends{})...));

/// The same in float and double by turns, where the one is as good as the other: half as much is to be compiled.
template <typename Backends, typename... Variants>
using by_turns = decltype(settings::by_turns<Backends, Variants...>(std::index_sequence_for<Variants...>{}));

/// A variant on one backend in several number types, as a tuple of settings.
template <typename Backend, typename Variant, typename... Scalars>
using settings_in = std::tuple<setting<Backend, Variant, Scalars>...>;

/// What a verdict is about, and the verdict.
struct named_verdict {
  std::string name;
  verdict outcome;
};

inline void check_all(const std::vector<named_verdict>& verdicts) {
  for (const named_verdict& v : verdicts) {
    CAPTURE(v.name);
    CHECK(v.outcome);
  }
}

/// Whether the results of forward and backward that a call holds agree with the reference, result by result.
template <typename Variant, typename Scalar>
std::vector<named_verdict> verdicts_of(const attend_tensors<Variant, Scalar>& tested) {
  using accumulator = typename Variant::template accumulator<Scalar>;
  auto plain = tested;
  auto exact = converted<exact_type<accumulator>>(tested);
  run_attend<reference_backend>(plain);
  run_attend<reference_backend>(exact);
  const attend_magnitudes m = magnitudes_of(exact);
  std::vector<named_verdict> verdicts;
  const auto judge = [&](const char* name, double factor, const rounded_terms& terms, const auto& get) {
    verdicts.push_back({name, as_precise_as_plain(factor, get(tested), get(plain), get(exact),
                                                  rounding_floor<Scalar, accumulator>(terms))});
  };
  judge("out", forward_factor, m.out, [](const auto& t) { return values_of(t.out); });
  judge("lse", forward_factor, m.lse, [](const auto& t) { return t.lse.values; });
  judge("q_gradient", gradient_factor, m.q_gradient, [](const auto& t) { return values_of(t.q_gradient); });
  judge("k_gradient", gradient_factor, m.k_gradient, [](const auto& t) { return values_of(t.k_gradient); });
  judge("v_gradient", gradient_factor, m.v_gradient, [](const auto& t) { return values_of(t.v_gradient); });
  return verdicts;
}

/// The same of a call of random inputs that is run here.
template <typename Setting>
std::vector<named_verdict> attend_verdicts(const attend_sizes& sizes, std::uint64_t seed,
                                           const typename Setting::variant::mask& mask = {},
                                           const typename Setting::variant::score_modification& score = {}) {
  auto tested = random_attend_tensors<typename Setting::variant, typename Setting::scalar>(sizes, seed);
  tested.mask = mask;
  tested.score = score;
  backend_runner<typename Setting::backend>::attend(tested);
  return verdicts_of(tested);
}

/// Forward and backward of `attend` agree with the reference.
template <typename Setting>
void check_attend(const attend_sizes& sizes, std::uint64_t seed, const typename Setting::variant::mask& mask = {},
                  const typename Setting::variant::score_modification& score = {}) {
  CAPTURE(sizes);
  CAPTURE(seed);
  check_all(attend_verdicts<Setting>(sizes, seed, mask, score));
}

/// Whether the results of `attend_components` that a call holds agree with the reference.
template <typename Variant, typename Scalar>
std::vector<named_verdict> verdicts_of(const component_tensors<Variant, Scalar>& tested) {
  using accumulator = typename Variant::template accumulator<Scalar>;
  auto plain = tested;
  auto exact = converted<exact_type<accumulator>>(tested);
  host_workspace workspace;
  reference_backend::attend_components(plain.arguments(), workspace);
  reference_backend::attend_components(exact.arguments(), workspace);
  const attend_magnitudes m = magnitudes_of(exact);
  return {{"out", as_precise_as_plain(forward_factor, values_of(tested.out), values_of(plain.out), values_of(exact.out),
                                      rounding_floor<Scalar, accumulator>(m.out))},
          {"lse", as_precise_as_plain(forward_factor, tested.lse.values, plain.lse.values, exact.lse.values,
                                      rounding_floor<Scalar, accumulator>(m.lse))}};
}

/// `attend_components` agrees with the reference.
template <typename Setting>
void check_attend_components(const attend_sizes& sizes, std::uint64_t seed,
                             const typename Setting::variant::mask& mask = {},
                             const typename Setting::variant::score_modification& score = {}) {
  CAPTURE(sizes);
  CAPTURE(seed);
  auto tested = random_component_tensors<typename Setting::variant, typename Setting::scalar>(sizes, seed);
  tested.mask = mask;
  tested.score = score;
  backend_runner<typename Setting::backend>::attend_components(tested);
  check_all(verdicts_of(tested));
}

/// A few sizes with everything that lengths can do: more queries than keys and fewer, ragged, empty.
inline std::vector<attend_sizes> various_sizes() {
  return {
      {.batch = 1, .queries = 1, .keys = 1},
      {.batch = 2, .queries = 1, .keys = 37},
      {.batch = 1, .queries = 19, .keys = 5},
      {.batch = 3, .queries = 7, .keys = 21, .query_lengths = {7, 0, 3}, .key_lengths = {20, 21, 0}},
      {.batch = 1, .queries = 70, .keys = 70},
      {.batch = 2, .queries = 33, .keys = 100, .query_lengths = {33, 20}, .key_lengths = {61, 100}},
  };
}

/// Calls of every kind of size agree with the reference.
template <typename Setting>
void check_various_sizes(std::uint64_t seed, const typename Setting::variant::mask& mask = {},
                         const typename Setting::variant::score_modification& score = {}) {
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, seed, mask, score);
}

}  // namespace headwise::test
