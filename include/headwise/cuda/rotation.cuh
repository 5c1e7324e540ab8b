// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// How the two features of a pair lie among those of a head: half a head apart, side by side, or anyhow.
enum class pair_order { half_split, interleaved, scattered };

/// A policy of a user's own may tell the features of a pair at run time alone.
template <typename Positions>
concept knows_pairs = requires {
  typename std::integral_constant<int, Positions::first_feature(0, 2)>;
  typename std::integral_constant<int, Positions::second_feature(0, 2)>;
};

namespace loops {

template <typename Positions, int Dim>
constexpr pair_order find_order_of_pairs() {
  bool half_split = knows_pairs<Positions>;
  bool interleaved = knows_pairs<Positions>;
  if constexpr (knows_pairs<Positions>)
    for (int pair = 0; pair < Dim / 2; ++pair) {
      const int first = Positions::first_feature(pair, Dim);
      const int second = Positions::second_feature(pair, Dim);
      half_split = half_split && first == pair && second == pair + Dim / 2;
      interleaved = interleaved && first == 2 * pair && second == 2 * pair + 1;
    }
  return half_split ? pair_order::half_split : interleaved ? pair_order::interleaved : pair_order::scattered;
}

}  // namespace loops

/// The order that a positions policy gives to the pairs of a head.
template <typename Positions, int Dim>
inline constexpr pair_order order_of_pairs = loops::find_order_of_pairs<Positions, Dim>();

/// The pairs that one thread turns at a time: those that its accesses of 16 bytes hold, `Most` at most.
template <typename Positions, typename T, int Dim, int Most = 16>
struct pair_shape {
  static constexpr pair_order order = order_of_pairs<Positions, Dim>;
  /// The width of the accesses.
  static constexpr int width = order == pair_order::half_split    ? widest_chunk<T>(Dim / 2, Most)
                               : order == pair_order::interleaved ? widest_chunk<T>(Dim, 2 * Most)
                                                                  : 1;
  static constexpr int pairs = order == pair_order::interleaved ? width / 2 : width;
};

/// Neighbouring pairs of one head: first features, and second ones.
template <typename T, int Pairs>
struct pair_chunk {
  sum_type<T> first[std::size_t{Pairs}];
  sum_type<T> second[std::size_t{Pairs}];
};

/// Reads the pairs of a head from `pair` on.
template <typename Positions, int Dim, typename Shape, bool Whole, typename T>
HEADWISE_DEVICE pair_chunk<T, Shape::pairs> load_pairs(const T* head, int pair) {
  pair_chunk<T, Shape::pairs> pairs;
  if constexpr (Shape::order == pair_order::interleaved) {
    const auto both = load_chunk<Shape::width, Whole>(head + 2 * pair);
    HEADWISE_UNROLL
    for (int i = 0; i < Shape::pairs; ++i) {
      pairs.first[i] = both.value[2 * i];
      pairs.second[i] = both.value[2 * i + 1];
    }
  } else {
    const auto first = load_chunk<Shape::width, Whole>(head + Positions::first_feature(pair, Dim));
    const auto second = load_chunk<Shape::width, Whole>(head + Positions::second_feature(pair, Dim));
    HEADWISE_UNROLL
    for (int i = 0; i < Shape::pairs; ++i) {
      pairs.first[i] = first.value[i];
      pairs.second[i] = second.value[i];
    }
  }
  return pairs;
}

/// Rounds and writes the pairs of a head from `pair` on.
template <typename Positions, int Dim, typename Shape, bool Whole, typename T>
HEADWISE_DEVICE void store_pairs(T* head, int pair, const pair_chunk<T, Shape::pairs>& pairs) {
  if constexpr (Shape::order == pair_order::interleaved) {
    feature_chunk<T, Shape::width> both;
    HEADWISE_UNROLL
    for (int i = 0; i < Shape::pairs; ++i) {
      both.value[2 * i] = pairs.first[i];
      both.value[2 * i + 1] = pairs.second[i];
    }
    store_chunk<Whole>(head + 2 * pair, both);
  } else {
    feature_chunk<T, Shape::width> first;
    feature_chunk<T, Shape::width> second;
    HEADWISE_UNROLL
    for (int i = 0; i < Shape::pairs; ++i) {
      first.value[i] = pairs.first[i];
      second.value[i] = pairs.second[i];
    }
    store_chunk<Whole>(head + Positions::first_feature(pair, Dim), first);
    store_chunk<Whole>(head + Positions::second_feature(pair, Dim), second);
  }
}

/// The cosines and sines of a block of neighbouring tokens, in shared memory: [tokens][Dim / 2] of each, behind the
/// frequencies [Dim / 2].
template <typename Number, int Dim>
struct turn_table {
  static constexpr int pairs = Dim / 2;
  static constexpr int tokens = 16;
  static constexpr std::size_t shared_bytes = pairs * sizeof(double) + 2 * tokens * pairs * sizeof(Number);

  double* frequency;
  Number* cosine;
  Number* sine;

  HEADWISE_DEVICE explicit turn_table(std::byte* shared)
      : frequency(reinterpret_cast<double*>(shared)),
        cosine(reinterpret_cast<Number*>(frequency + pairs)),
        sine(cosine + tokens * pairs) {}
};

namespace loops {

/// Angles are products of far positions and need a double's digits; what is left of them within one turn does not, if
/// the numbers that are turned have but a float's.
template <typename Number>
HEADWISE_DEVICE void turn_of(double angle, Number& cosine, Number& sine) {
  if constexpr (std::is_same_v<Number, float>) {
    const double turns = std::rint(angle * (0.5 / std::numbers::pi));
    // 2 pi in two parts; the second one counts where there are many turns.
    constexpr double two_pi = 2 * std::numbers::pi;
    constexpr double rest_of_two_pi = 2.4492935982947064e-16;
    const auto within = static_cast<float>(std::fma(-turns, rest_of_two_pi, std::fma(-turns, two_pi, angle)));
    cosine = std::cos(within);
    sine = std::sin(within);
  } else {
    cosine = std::cos(angle);
    sine = std::sin(angle);
  }
}

}  // namespace loops

/// Fills the table for the positions [first, first + count), turned in `direction`, 1 or -1. Barriers before and behind
/// are the caller's; there is one within.
template <typename Positions, typename Number, int Dim>
HEADWISE_DEVICE void fill_turns(const turn_table<Number, Dim>& table, std::int64_t first, int count, double direction) {
  constexpr int pairs = Dim / 2;
  for (int pair = thread_index(); pair < pairs; pair += threads_per_block())
    store_shared(table.frequency + pair, Positions::frequency(pair, Dim));
  sync_block();
  for (int i = thread_index(); i < count * pairs; i += threads_per_block()) {
    const double position = static_cast<double>(first + i / pairs);
    Number cosine;
    Number sine;
    loops::turn_of(direction * position * load_shared(table.frequency + i % pairs), cosine, sine);
    store_shared(table.cosine + i, cosine);
    store_shared(table.sine + i, sine);
  }
}

/// Turns the pairs [pair, pair + Pairs) of the table's token `token`.
template <typename T, int Pairs, int Dim>
HEADWISE_DEVICE pair_chunk<T, Pairs> turned(const pair_chunk<T, Pairs>& x, const turn_table<sum_type<T>, Dim>& table,
                                            int token, int pair) {
  using real = sum_type<T>;
  pair_chunk<T, Pairs> y;
  HEADWISE_UNROLL
  for (int i = 0; i < Pairs; ++i) {
    const real cosine = load_shared(table.cosine + token * (Dim / 2) + pair + i);
    const real sine = load_shared(table.sine + token * (Dim / 2) + pair + i);
    y.first[i] = x.first[i] * cosine - x.second[i] * sine;
    y.second[i] = x.first[i] * sine + x.second[i] * cosine;
  }
  return y;
}

}  // namespace headwise::cuda
