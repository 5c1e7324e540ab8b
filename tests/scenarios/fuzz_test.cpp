// SPDX-License-Identifier: Apache-2.0
// Random calls: shapes, lengths, layouts, masks, scores and dead memory as they come, forward, backward and over
// components. A failure prints its seed; with HEADWISE_FUZZ_SEED set to it, its call is the first of its variant.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <ostream>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cpu/cpu_backend.hpp"
#include "support/chosen_policies.hpp"
#include "support/conformance.hpp"
#include "support/dead_memory.hpp"
#include "support/masks.hpp"
#include "support/random.hpp"
#include "support/scores.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

using any_range = mask_of<range_masks>;
using any_rule = mask_of<policy_list<scattered_keys, every_third_key_so_far, causal_mask, far_ranges>>;
using any_score = score_of<score_modifications>;

struct one_number : attention_variant<query_heads<1>, head_dim<1>, any_range> {};
struct plain_causal : attention_variant<query_heads<2>, head_dim<32>, causal_mask> {};
struct odd_sizes : attention_variant<query_heads<2>, head_dim<33>, value_dim<17>, any_range, any_score> {};
struct few_in_a_group
    : attention_variant<query_heads<6>, composite_heads<2>, head_dim<12>, value_dim<5>, any_rule, any_score> {};
struct many_in_a_group : attention_variant<query_heads<11>, composite_heads<1>, head_dim<7>, value_dim<20>, any_range> {
};
struct cyclic_groups : attention_variant<query_heads<7>, composite_heads<3>, cyclic_head_map, head_dim<16>, any_rule> {
};
struct window_of_alibi : attention_variant<query_heads<3>, head_dim<20>, value_dim<40>, sliding_window<9>, alibi> {};
struct sums_in_double : attention_variant<query_heads<4>, composite_heads<2>, head_dim<24>, any_range, soft_cap<2>,
                                          number_types<float, double>> {};
struct mixed_heads : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing, any_range, any_score> {};
struct virtual_heads : attention_variant<query_heads<8>, composite_heads<4>, component_heads<3>, head_dim<16>,
                                         value_dim<12>, linear_head_mixing, any_rule> {};
struct mixed_keys : attention_variant<query_heads<5>, head_dim<9>, linear_key_mixing, alibi, causal_mask> {};
struct mixed_and_normalized
    : attention_variant<query_heads<4>, component_heads<3>, head_dim<8>, value_dim<13>, low_rank_key_mixing<2>,
                        linear_value_mixing, norm_after_mixing<>, any_range> {};

using attended = std::tuple<odd_sizes, plain_causal, one_number, few_in_a_group, sums_in_double, cyclic_groups,
                            many_in_a_group, window_of_alibi>;
using attended_over_components = std::tuple<mixed_heads, virtual_heads, mixed_keys, mixed_and_normalized>;

// Variants go through the number types by turns: each in each would take four times as long to compile.
using numbers = std::tuple<float, bfloat16, double, float16>;

#if defined(__OPTIMIZE__)
constexpr std::uint64_t calls_of_a_variant = 600;
#else
constexpr std::uint64_t calls_of_a_variant = 60;
#endif

/// A number of tokens; few are as frequent as many.
std::int64_t random_tokens(random_numbers& random) {
  constexpr std::int64_t most[] = {2, 9, 33, 70};
  return random.between(1, most[random.between(0, 3)]);
}

std::vector<std::int64_t> random_lengths(std::int64_t batch, std::int64_t tokens, random_numbers& random) {
  std::vector<std::int64_t> lengths;
  if (random.between(0, 1) == 0) return lengths;
  for (std::int64_t b = 0; b < batch; ++b) lengths.push_back(random.between(0, tokens));
  return lengths;
}

attend_sizes random_sizes(random_numbers& random) {
  attend_sizes sizes{.batch = random.between(1, 3), .queries = random_tokens(random), .keys = random_tokens(random)};
  sizes.query_lengths = random_lengths(sizes.batch, sizes.queries, random);
  sizes.key_lengths = random_lengths(sizes.batch, sizes.keys, random);
  return sizes;
}

/// How the tensors of a call lie in memory. Inputs share memory within themselves where nothing else is in the way.
struct random_layouts {
  attend_layouts all;
  bool shared;

  explicit random_layouts(random_numbers& random) : shared(random.between(0, 3) == 0) {
    const auto last = static_cast<std::int64_t>(std::size(output_layouts)) - 1;
    const auto output = [&] { return output_layouts[random.between(0, last)]; };
    const auto input = [&] {
      return shared ? static_cast<head_layout>(random.between(0, static_cast<int>(head_layout::shared_by_heads)))
                    : output();
    };
    all = {.q = input(), .k = input(), .v = input(), .out = output(), .out_gradient = input()};
  }

  friend std::ostream& operator<<(std::ostream& out, const random_layouts& layouts) {
    const auto& [q, k, v, outputs, out_gradient] = layouts.all;
    for (const head_layout layout : {q, k, v, outputs, out_gradient}) out << ' ' << static_cast<int>(layout);
    return out;
  }
};

template <typename Chosen>
void choose(Chosen& policy, random_numbers& random) {
  if constexpr (requires { policy.index; }) policy.index = static_cast<int>(random.between(0, Chosen::count - 1));
}

template <typename Variant, typename Scalar>
void run_on_cpu(attend_tensors<Variant, Scalar>& tensors, host_workspace& workspace) {
  run_attend<cpu_backend>(tensors, workspace);
}
template <typename Variant, typename Scalar>
void run_on_cpu(component_tensors<Variant, Scalar>& tensors, host_workspace& workspace) {
  cpu_backend::attend_components(tensors.arguments(), workspace);
}

/// Whether some query saw some key, so that there was something to compare.
template <typename Tensors>
bool says_something(const Tensors& tensors) {
  return !all_zero(values_of(tensors.out));
}

/// A random call agrees with the reference and leaves the gaps between vectors alone; returns whether it says
/// something.
template <typename Tensors>
bool check_random_call(std::uint64_t seed) {
  using scalar = typename Tensors::scalar;
  const scalar gap = std::numeric_limits<scalar>::quiet_NaN();
  random_numbers random(seed);
  const attend_sizes sizes = random_sizes(random);
  const random_layouts layouts(random);
  Tensors tested(sizes, layouts.all, gap);
  choose(tested.mask, random);
  choose(tested.score, random);
  tested.fill_inputs(seed);
  if (!layouts.shared) set_dead_memory(tested, gap);
  CAPTURE(seed);
  CAPTURE(sizes);
  CAPTURE(layouts);
  host_workspace workspace = poisoned_workspace(1 << 18);
  run_on_cpu(tested, workspace);
  check_all(verdicts_of(tested));
  CHECK(gaps_hold(gap, tested));
  return says_something(tested);
}

std::uint64_t first_seed() {
  const char* given = std::getenv("HEADWISE_FUZZ_SEED");
  return given == nullptr ? 20000 : std::stoull(given);
}

/// Random calls of a variant in a number type; returns how many say something.
template <typename Tensors>
std::uint64_t check_random_calls_of() {
  const std::string variant = typeid(typename Tensors::variant).name();
  const std::string scalar = typeid(typename Tensors::scalar).name();
  CAPTURE(variant);
  CAPTURE(scalar);
  std::uint64_t telling = 0;
  for (std::uint64_t n = 0; n < calls_of_a_variant; ++n)
    telling += check_random_call<Tensors>(first_seed() + n) ? 1U : 0U;
  return telling;
}

template <template <typename, typename> typename Tensors, typename... Variants, std::size_t... Turn>
std::uint64_t check_random_calls(std::tuple<Variants...> /*variants*/, std::index_sequence<Turn...> /*turns*/) {
  constexpr std::size_t types = std::tuple_size_v<numbers>;
  return (check_random_calls_of<Tensors<Variants, std::tuple_element_t<Turn % types, numbers>>>() + ...);
}

TEST_CASE("thousands of random calls agree with the reference") {
  constexpr std::size_t attend_variants = std::tuple_size_v<attended>;
  constexpr std::size_t component_variants = std::tuple_size_v<attended_over_components>;
  const std::uint64_t telling =
      check_random_calls<attend_tensors>(attended{}, std::make_index_sequence<attend_variants>{}) +
      check_random_calls<component_tensors>(attended_over_components{}, std::make_index_sequence<component_variants>{});
  // In about one call of seven nobody sees anything.
  CHECK(telling >= (attend_variants + component_variants) * calls_of_a_variant * 7 / 10);
}

}  // namespace headwise::test
