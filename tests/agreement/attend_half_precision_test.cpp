// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/cpu.hpp"
#include "support/attend_policies.hpp"
#include "support/conformance.hpp"
#include "support/head_sizes.hpp"

namespace headwise::test {

/// The CPU's kernels with products of bfloat16 pairs, also on machines where these are not the fastest.
struct pairs_backend : cpu_backend {
  template <typename Variant>
  using rules_of = cpu::variant_rules<Variant, float>;

  template <typename Variant>
  static void attend(const attend_arguments<Variant, bfloat16>& arguments, workspace& scratch) {
    const rules_of<Variant> rules(arguments.mask, arguments.score);
    cpu::attend_by_tiles<cpu::bfloat16_pair>(cpu::inputs_of(arguments, rules), cpu::outputs_of(arguments), scratch);
  }
  template <typename Variant>
  static void attend_backward(const attend_backward_arguments<Variant, bfloat16>& arguments, workspace& scratch) {
    const rules_of<Variant> rules(arguments.mask, arguments.score);
    cpu::attend_backward_by_tiles<cpu::bfloat16_pair>(cpu::inputs_of(arguments, rules), cpu::gradients_of(arguments),
                                                      scratch);
  }
};

template <typename Variant>
using in_16_bits = std::tuple<setting<pairs_backend, Variant, bfloat16>, setting<cpu_backend, Variant, bfloat16>,
                              setting<cpu_backend, Variant, float16>>;

template <typename... Policies>
using chosen = three_heads<head_dim<16>, Policies...>;

TEST_CASE_TEMPLATE_DEFINE("attention in 16 bits under every mask agrees with the reference", Setting, every_mask) {
  for (int mask = 0; mask < Setting::variant::mask::count; ++mask) {
    CAPTURE(mask);
    check_various_sizes<Setting>(71, {mask});
  }
}
TEST_CASE_TEMPLATE_APPLY(every_mask, in_16_bits<chosen<mask_of<range_masks>>>);
TEST_CASE_TEMPLATE_APPLY(every_mask, in_16_bits<chosen<mask_of<rule_masks>, score_scale<-0.25>>>);

TEST_CASE_TEMPLATE_DEFINE("attention in 16 bits with every change of scores agrees with the reference", Setting,
                          every_score) {
  for (int score = 0; score < Setting::variant::score_modification::count; ++score) {
    CAPTURE(score);
    check_various_sizes<Setting>(72, {}, {score});
  }
}
TEST_CASE_TEMPLATE_APPLY(every_score, in_16_bits<chosen<causal_mask, score_of<score_modifications>>>);

TEST_CASE("in 16 bits any head size works, and any value size beside it") {
  using sizes = head_size_list<head_size<1, 1>, head_size<37, 64>, head_size<64, 111>, head_size<128, 40>>;
  check_head_sizes<pairs_backend, bfloat16>(sizes{});
  check_head_sizes<cpu_backend, float16>(sizes{}, 3);
}

struct mixed : attention_variant<query_heads<4>, component_heads<2>, head_dim<20>, linear_head_mixing, causal_mask> {};
struct many_rows : attention_variant<query_heads<20>, component_heads<3>, head_dim<16>, value_dim<12>,
                                     linear_key_mixing, linear_value_mixing> {};

TEST_CASE_TEMPLATE_DEFINE("attention over components of 16 bits agrees with the reference", Setting, over_components) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 73);
  check_attend_components<Setting>({.batch = 2, .queries = 1, .keys = 600, .key_lengths = {600, 257}}, 74);
}
TEST_CASE_TEMPLATE_APPLY(over_components,
                         std::tuple<setting<cpu_backend, mixed, bfloat16>, setting<cpu_backend, many_rows, float16>>);

TEST_CASE_TEMPLATE("absorbed and expanded components of 16 bits agree with those of double", Scalar, bfloat16,
                   float16) {
  const auto check = [](auto tested) {
    auto exact = converted<double>(tested);
    auto plain = tested;
    host_workspace workspace;
    cpu::attend_absorbed(tested.arguments(), workspace);
    reference_backend::attend_components(plain.arguments(), workspace);
    reference_backend::attend_components(exact.arguments(), workspace);
    const attend_magnitudes m = magnitudes_of(exact);
    CHECK(as_precise_as_plain(2, values_of(tested.out), values_of(plain.out), values_of(exact.out),
                              rounding_floor<Scalar>(m.out)));
  };
  const attend_sizes sizes{.batch = 2, .queries = 2, .keys = 700, .key_lengths = {700, 300}};
  check(random_component_tensors<mixed, Scalar>(sizes, 75));
  check(random_component_tensors<many_rows, Scalar>(sizes, 76));
}

}  // namespace headwise::test
