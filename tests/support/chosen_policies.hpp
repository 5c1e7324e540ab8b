// SPDX-License-Identifier: Apache-2.0
// Kernels take long to compile, so that those of tests serve many policies: which one is said with the call.
#pragma once

#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::test {

/// Policies that a test goes through.
template <typename... Policies>
struct policy_list {};

/// One of several masks without data. It has a rule where one of them has.
template <typename... Masks>
struct chosen_mask {
  using slot = mask_slot;
  static constexpr int count = sizeof...(Masks);
  int index = 0;

  HEADWISE_HOST_DEVICE key_range visible_keys(query_token at) const {
    key_range range{};
    int i = 0;
    ((i++ == index ? void(range = detail::visible_keys_of(Masks{}, at)) : void()), ...);
    return range;
  }
  HEADWISE_HOST_DEVICE bool visible(token_pair at) const requires(detail::has_visible<Masks> || ...) {
    bool answer = false;
    int i = 0;
    ((i++ == index ? void(answer = detail::visible_in_range(Masks{}, at)) : void()), ...);
    return answer;
  }
};

/// One of several score modifications without data.
template <typename... Scores>
struct chosen_score {
  using slot = score_modification_slot;
  static constexpr int count = sizeof...(Scores);
  int index = 0;

  struct head_rule {
    int index;
    int head;
    int query_heads;

    template <typename Visit>
    HEADWISE_HOST_DEVICE void visit(const Visit& act) const {
      int i = 0;
      ((i++ == index ? act(detail::score_rule_of_head(Scores{}, head, query_heads)) : void()), ...);
    }
    template <typename Real>
    HEADWISE_HOST_DEVICE Real modify(Real score, token_pair at) const {
      Real modified{};
      visit([&](const auto& rule) { modified = rule.modify(score, at); });
      return modified;
    }
    template <typename Real>
    HEADWISE_HOST_DEVICE Real derivative(Real score, token_pair at) const {
      Real slope{};
      visit([&](const auto& rule) { slope = rule.derivative(score, at); });
      return slope;
    }
  };

  HEADWISE_HOST_DEVICE head_rule for_head(int head, int query_heads) const { return {index, head, query_heads}; }
};

namespace choices {

template <typename... Masks>
chosen_mask<Masks...> of_masks(policy_list<Masks...>);
template <typename... Scores>
chosen_score<Scores...> of_scores(policy_list<Scores...>);

}  // namespace choices

/// One of the masks of a list, and one of its score modifications.
template <typename List>
using mask_of = decltype(choices::of_masks(List{}));
template <typename List>
using score_of = decltype(choices::of_scores(List{}));

}  // namespace headwise::test
