// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "headwise/composed_variant.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/policies/head_counts.hpp"
#include "headwise/policies/head_map.hpp"
#include "headwise/policies/head_mixing.hpp"
#include "headwise/policies/head_norm.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/number_types.hpp"
#include "headwise/policies/positions.hpp"
#include "headwise/policies/score.hpp"

namespace headwise {
namespace detail {

/// What a variant becomes when a check has failed: nothing, so that no second error follows the sentence.
struct rejected_variant {};

template <typename... Policies>
struct every_argument_is_a_policy {
  static constexpr bool passed = (any_policy<Policies> && ...);
  static_assert(passed,
                "headwise: every argument of attention_variant must be a policy, that is, a type with "
                "'using slot = ...' naming one of headwise's slots");
};

/// At most one policy in every slot, and the two that have no default.
template <typename... Policies>
struct slots_are_filled_once {
  template <typename Slot>
  static constexpr bool once = policies_in_slot<Slot, Policies...> <= 1;

  static_assert(once<query_heads_slot>, "headwise: more than one query_heads policy given, keep one");
  static_assert(once<composite_heads_slot>, "headwise: more than one composite_heads policy given, keep one");
  static_assert(once<component_heads_slot>, "headwise: more than one component_heads policy given, keep one");
  static_assert(once<head_dim_slot>, "headwise: more than one head_dim policy given, keep one");
  static_assert(once<value_dim_slot>, "headwise: more than one value_dim policy given, keep one");
  static_assert(once<head_map_slot>, "headwise: more than one head map policy given, keep one");
  static_assert(once<key_mixing_slot>, "headwise: more than one policy mixes keys, keep one");
  static_assert(once<value_mixing_slot>, "headwise: more than one policy mixes values, keep one");
  static_assert(once<component_norm_slot>, "headwise: more than one norm before mixing given, keep one");
  static_assert(once<composite_norm_slot>, "headwise: more than one norm after mixing given, keep one");
  static_assert(once<output_norm_slot>, "headwise: more than one norm after attention given, keep one");
  static_assert(once<positions_slot>, "headwise: more than one positions policy given, keep one");
  static_assert(once<mask_slot>, "headwise: more than one mask policy given, keep one");
  static_assert(once<score_modification_slot>, "headwise: more than one score modification given, keep one");
  static_assert(once<score_scale_slot>, "headwise: more than one score scale given, keep one");
  static_assert(once<number_types_slot>, "headwise: more than one number_types policy given, keep one");

  static constexpr bool has_query_heads = policies_in_slot<query_heads_slot, Policies...> > 0;
  static constexpr bool has_head_dim = policies_in_slot<head_dim_slot, Policies...> > 0;
  static_assert(has_query_heads, "headwise: a variant needs its number of query heads, add query_heads<H>");
  static_assert(has_head_dim, "headwise: a variant needs its head size, add head_dim<D>");

  template <typename... Slots>
  static consteval bool all_once(slots<Slots...> /*names*/) {
    return (once<Slots> && ...);
  }
  static constexpr bool passed = all_once(all_slots{}) && has_query_heads && has_head_dim;
};

/// The policies of a variant with the defaults filled in, whatever the order they came in.
template <typename... Policies>
struct filled_slots {
  template <typename Slot, typename Default>
  using pick = typename pick_policy<Slot, Default, Policies...>::type;

  using query_heads_policy = pick<query_heads_slot, void>;
  using composite_heads_policy = pick<composite_heads_slot, composite_heads<query_heads_policy::count>>;
  using component_heads_policy = pick<component_heads_slot, component_heads<composite_heads_policy::count>>;
  using head_dim_policy = pick<head_dim_slot, void>;
  using value_dim_policy = pick<value_dim_slot, value_dim<head_dim_policy::count>>;
  using head_map = pick<head_map_slot, block_head_map>;
  using key_mixing_kind = typename pick<key_mixing_slot, no_head_mixing>::kind;
  using value_mixing_kind = typename pick<value_mixing_slot, no_head_mixing>::kind;
  using component_norm = typename pick<component_norm_slot, no_head_norm>::norm;
  using composite_norm = typename pick<composite_norm_slot, no_head_norm>::norm;
  using output_norm = typename pick<output_norm_slot, no_head_norm>::norm;
  using positions = pick<positions_slot, no_positions>;
  using mask = pick<mask_slot, full_mask>;
  using score_modification = pick<score_modification_slot, no_score_modification>;
  using scale = pick<score_scale_slot, inverse_root_scale>;
  using numbers = pick<number_types_slot, number_types<float>>;
};

/// Every policy has the functions that its slot asks for.
template <typename Filled>
struct policies_have_their_functions {
  static constexpr bool map = head_map_rule<typename Filled::head_map>;
  static constexpr bool mixing =
      mixing_kind<typename Filled::key_mixing_kind> && mixing_kind<typename Filled::value_mixing_kind>;
  static constexpr bool mask = mask_rule<typename Filled::mask>;
  static constexpr bool score = score_rule<typename Filled::score_modification>;

  static_assert(map,
                "headwise: a head map needs static constexpr int composite_head(int query_head, int query_heads, "
                "int composite_heads), add it");
  static_assert(mixing,
                "headwise: a mixing kind needs mixes, parameters, form, backward and initialize, as linear_mixing has "
                "them");
  static_assert(mask,
                "headwise: a mask needs bool visible(token_pair) const or key_range visible_keys(query_token) const, "
                "add one of them");
  static_assert(score,
                "headwise: a score modification needs modify(score, token_pair) and derivative(score, token_pair), "
                "const and for any Real, add them");
  static constexpr bool passed = map && mixing && mask && score;
};

/// The rules between policies.
template <typename Filled>
struct policies_agree {
  static constexpr int H = Filled::query_heads_policy::count;
  static constexpr int G = Filled::composite_heads_policy::count;
  static constexpr int C = Filled::component_heads_policy::count;
  static constexpr int D = Filled::head_dim_policy::count;

  static constexpr bool every_composite_read = G <= H;
  static constexpr bool map_in_range = head_map_in_range<typename Filled::head_map>(H, G);
  static constexpr bool keys_complete = C == G || Filled::key_mixing_kind::mixes;
  static constexpr bool values_complete = C == G || Filled::value_mixing_kind::mixes;
  static constexpr bool rank_possible =
      rank_fits<typename Filled::key_mixing_kind, C, G> && rank_fits<typename Filled::value_mixing_kind, C, G>;
  static constexpr bool pairs_complete = !Filled::positions::rotates || D % 2 == 0;
  static constexpr bool groups_fit = norm_groups_fit<typename Filled::component_norm>(C) &&
                                     norm_groups_fit<typename Filled::composite_norm>(G) &&
                                     norm_groups_fit<typename Filled::output_norm>(H);

  static_assert(every_composite_read,
                "headwise: composite_heads must not exceed query_heads, for no query would read the rest");
  static_assert(map_in_range,
                "headwise: a head map must send every query head into [0, composite_heads), correct composite_head");
  static_assert(keys_complete,
                "headwise: component_heads must equal composite_heads where keys are not mixed, add linear_head_mixing "
                "or linear_key_mixing");
  static_assert(values_complete,
                "headwise: component_heads must equal composite_heads where values are not mixed, add "
                "linear_head_mixing or linear_value_mixing");
  static_assert(rank_possible,
                "headwise: the rank of low_rank_mixing must not exceed component_heads or composite_heads, lower it or "
                "take linear_mixing");
  static_assert(pairs_complete, "headwise: rotary turns pairs of features, give an even head_dim");
  static_assert(groups_fit,
                "headwise: the groups of a head norm must divide the number of heads it normalises, change groups");
  static constexpr bool passed = every_composite_read && map_in_range && keys_complete && values_complete &&
                                 rank_possible && pairs_complete && groups_fit;
};

// Each stage of checks runs only if the one before it has passed.
template <bool PassedSoFar, typename... Policies>
struct compose_slots {
  using type = rejected_variant;
};

template <bool PassedSoFar, typename Filled>
struct compose_checked {
  using type = rejected_variant;
};

template <bool PassedSoFar, typename Filled>
struct compose_filled {
  using type = rejected_variant;
};

template <typename Filled>
struct compose_checked<true, Filled> {
  using type = composed_variant<
      Filled::query_heads_policy::count, Filled::composite_heads_policy::count, Filled::component_heads_policy::count,
      Filled::head_dim_policy::count, Filled::value_dim_policy::count, typename Filled::head_map,
      typename Filled::key_mixing_kind, typename Filled::value_mixing_kind, typename Filled::component_norm,
      typename Filled::composite_norm, typename Filled::output_norm, typename Filled::positions, typename Filled::mask,
      typename Filled::score_modification, typename Filled::scale, typename Filled::numbers>;
};

template <typename Filled>
struct compose_filled<true, Filled> : compose_checked<policies_agree<Filled>::passed, Filled> {};

template <typename... Policies>
struct compose_slots<true, Policies...>
    : compose_filled<policies_have_their_functions<filled_slots<Policies...>>::passed, filled_slots<Policies...>> {};

template <bool PassedSoFar, typename... Policies>
struct compose_policies {
  using type = rejected_variant;
};

template <typename... Policies>
struct compose_policies<true, Policies...> : compose_slots<slots_are_filled_once<Policies...>::passed, Policies...> {};

}  // namespace detail

/// An attention variant made of policies in any order. `query_heads` and `head_dim` are required, everything else has a
/// default; the same policies in another order are the same type. Derive a struct from it, so that the variant has a
/// name of its own in errors, profiles and symbols:
///
///     struct my_attention : headwise::attention_variant<headwise::query_heads<8>, headwise::head_dim<64>> {};
template <typename... Policies>
using attention_variant =
    typename detail::compose_policies<detail::every_argument_is_a_policy<Policies...>::passed, Policies...>::type;

}  // namespace headwise
