// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/cpu.hpp>
#include <string>
#include <tuple>
#include <type_traits>

namespace bench {

/// What is measured of a variant.
enum class of : unsigned { attention = 1, mixing = 2, decoding = 4, layers = 8, everything = 15 };
constexpr of operator|(of a, of b) { return static_cast<of>(static_cast<unsigned>(a) | static_cast<unsigned>(b)); }
constexpr bool operator&(of a, of b) { return (static_cast<unsigned>(a) & static_cast<unsigned>(b)) != 0; }

/// An entry of the list: a variant, what is measured of it, and in which number types (float alone unless said).
template <typename Variant, of Operations = of::everything, typename... Types>
struct measured {
  using variant = Variant;
  using types = std::conditional_t<sizeof...(Types) == 0, std::tuple<float>, std::tuple<Types...>>;
  static constexpr of operations = Operations;
};

template <typename T>
inline constexpr const char* name_of = "float";
template <>
inline constexpr const char* name_of<double> = "double";
template <>
inline constexpr const char* name_of<headwise::bfloat16> = "bfloat16";
template <>
inline constexpr const char* name_of<headwise::float16> = "float16";

/// Calls visit.operator()<Variant, T>() for all entries of a list of which `Operation` is measured.
template <of Operation, typename... Entries, typename Visit>
void for_each_measured(std::tuple<Entries...>* /*list*/, const Visit& visit) {
  const auto visit_types = [&]<typename Entry, typename... Types>(Entry* /*entry*/, std::tuple<Types...>* /*types*/) {
    if constexpr (Entry::operations & Operation) (visit.template operator()<typename Entry::variant, Types>(), ...);
  };
  (visit_types(static_cast<Entries*>(nullptr), static_cast<typename Entries::types*>(nullptr)), ...);
}

/// Plain attention: every query head has keys and values of its own.
template <int Heads, int HeadDim, int ValueDim, typename Mask>
struct plain_heads : headwise::attention_variant<headwise::query_heads<Heads>, headwise::head_dim<HeadDim>,
                                                 headwise::value_dim<ValueDim>, Mask> {};
/// Plain attention with as many heads under the same mask.
template <typename Variant>
using multi_head_of = plain_heads<Variant::query_heads, Variant::head_dim, Variant::value_dim, typename Variant::mask>;

template <typename Variant>
inline constexpr bool is_multi_head =
    Variant::component_heads == Variant::query_heads&& Variant::composite_heads == Variant::query_heads &&
    !Variant::key_mixing::mixes && !Variant::value_mixing::mixes && !Variant::component_norm::normalizes &&
    !Variant::composite_norm::normalizes && !Variant::output_norm::normalizes;

}  // namespace bench
