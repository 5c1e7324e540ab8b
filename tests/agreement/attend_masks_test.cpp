// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"
#include "support/masks.hpp"

namespace headwise::test {

template <typename Mask>
struct masked : attention_variant<query_heads<3>, head_dim<8>, Mask> {};

TEST_CASE_TEMPLATE_DEFINE("attention under every mask agrees with the reference", Setting, every_mask) {
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 41);
}
TEST_CASE_TEMPLATE_APPLY(every_mask,
                         settings_of<fast_backends, masked<full_mask>, masked<causal_mask>,
                                     masked<causal_mask_top_left>, masked<sliding_window<5>>, masked<scattered_keys>,
                                     masked<every_third_key_so_far>, masked<band_of_head>>);

TEST_CASE_TEMPLATE_DEFINE("a mask's data reaches every backend", Setting, mask_with_data) {
  const std::vector<int> document = growing_documents(150);
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 42, {document.data()});
}
TEST_CASE_TEMPLATE_APPLY(mask_with_data, settings_of<fast_backends, masked<same_document>>);

}  // namespace headwise::test
