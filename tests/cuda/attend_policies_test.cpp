// SPDX-License-Identifier: Apache-2.0
#include "support/attend_policies.hpp"

#include <doctest/doctest.h>

#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

template <typename Variant, typename... Scalars>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, Scalars...>;

template <typename... Policies>
using chosen = three_heads<head_dim<16>, Policies...>;

using ranges = chosen<mask_of<range_masks>>;
using ranges_of_negative_scores = chosen<mask_of<range_masks>, score_scale<-0.25>>;
using rules = chosen<mask_of<rule_masks>, score_scale<1.5>>;

TEST_CASE_TEMPLATE_DEFINE("attention on CUDA under every mask agrees with the reference", Setting, every_mask) {
  for (int mask = 0; mask < Setting::variant::mask::count; ++mask) {
    CAPTURE(mask);
    check_various_sizes<Setting>(41, {mask});
  }
}
TEST_CASE_TEMPLATE_APPLY(every_mask, on_cuda<ranges, bfloat16, float>);
TEST_CASE_TEMPLATE_APPLY(every_mask, on_cuda<ranges_of_negative_scores, float16>);
TEST_CASE_TEMPLATE_APPLY(every_mask, on_cuda<rules, bfloat16, double>);

using every_pair = chosen<chosen_mask<causal_mask, full_mask, scattered_keys>, score_of<score_modifications>>;

TEST_CASE_TEMPLATE_DEFINE("attention on CUDA with every change of scores agrees with the reference", Setting,
                          every_score) {
  // The emulator takes long for what is no matter of tiles, so that it gets one of the masks.
  const int masks = is_half_precision<typename Setting::scalar> ? Setting::variant::mask::count : 1;
  for (int mask = 0; mask < masks; ++mask)
    for (int score = 0; score < Setting::variant::score_modification::count; ++score) {
      CAPTURE(mask);
      CAPTURE(score);
      check_various_sizes<Setting>(43, {mask}, {score});
    }
}
TEST_CASE_TEMPLATE_APPLY(every_score, on_cuda<every_pair, bfloat16, float>);

TEST_CASE_TEMPLATE_DEFINE("data of masks and score modifications reaches CUDA", Setting, with_data) {
  check_policies_with_data<Setting>(45);
}
TEST_CASE_TEMPLATE_APPLY(with_data, on_cuda<chosen<same_document, added_bias>, float16, float>);

}  // namespace headwise::test
