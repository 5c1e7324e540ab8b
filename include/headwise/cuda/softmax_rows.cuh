// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The softmax of the rows of a warp's tiles, seen tile by tile. Scores times `exponent` are exponents of 2.
template <int Heights>
class softmax_rows {
  using rows = register_array<float, Heights, 2>;

 public:
  HEADWISE_DEVICE softmax_rows() {
    for_each_row([&](int m, int half) {
      largest_[m][half] = nothing<float>;
      sum_[m][half] = 0;
    });
  }

  /// Makes weights of the next scores, relative to the largest score so far. `sums`, the sums of values so far, follow
  /// where that has moved.
  template <int Widths, int SumWidths>
  HEADWISE_DEVICE void weigh(warp_tile<Heights, Widths>& scores, float exponent, warp_tile<Heights, SumWidths>& sums) {
    rows largest;
    bool moved = false;
    for_each_row([&](int m, int half) {
      float row = largest_[m][half];
      scores.for_each_in_row(m, half, [&](float score, int) { row = std::fmax(row, score); });
      largest[m][half] = largest_of_row(row);
      moved |= largest[m][half] != largest_[m][half];
    });
    if (any_lane(moved)) follow(largest, exponent, sums);
    if (any_far_) subtract_far(scores, exponent);
    for_each_row([&](int m, int half) {
      const float shift = is_far(largest_[m][half], exponent) ? 0.0F : shift_of(largest_[m][half], exponent);
      scores.for_each_in_row(m, half, [&](float& weight, int) {
        weight = exp2_fast(std::fma(weight, exponent, -shift));
        sum_[m][half] += weight;
      });
    });
  }

  /// After the last tile: divides the sums of values by those of weights. Rows without a key become 0.
  template <int SumWidths>
  HEADWISE_DEVICE void finish(warp_tile<Heights, SumWidths>& sums) {
    for_each_row([&](int m, int half) {
      sum_[m][half] = sum_of_row(sum_[m][half]);
      const bool empty = sum_[m][half] == 0;
      const float inverse = 1.0F / sum_[m][half];
      sums.for_each_in_row(m, half, [&](float& sum, int) { sum = empty ? 0.0F : sum * inverse; });
    });
  }

  /// After `finish`: the natural logarithm of a row's sum of exponentials.
  HEADWISE_DEVICE float log_sum(int m, int half, float exponent) const {
    constexpr float log_of_2 = 0.693147180559945F;
    return sum_[m][half] == 0 ? nothing<float>
                              : shift_of(largest_[m][half], exponent) * log_of_2 + std::log(sum_[m][half]);
  }

 private:
  template <typename Visit>
  HEADWISE_DEVICE static void for_each_row(const Visit& visit) {
    warp_tile<Heights, 1>::for_each_row(visit);
  }

  // Without a finite score there is nothing to subtract: -inf - (-inf) would be NaN.
  HEADWISE_DEVICE static float shift_of(float largest, float exponent) {
    return largest == nothing<float> ? 0.0F : largest * exponent;
  }

  // A score times the exponent less the shift is one instruction, which rounds once, whereas the shift was rounded
  // before. What that leaves of the largest score is nothing as long as shifts are no larger than this. Where they are,
  // scores are to lose the largest one first.
  static constexpr float farthest_shift = 256;
  HEADWISE_DEVICE static bool is_far(float largest, float exponent) {
    return std::fabs(shift_of(largest, exponent)) > farthest_shift;
  }

  template <int Widths>
  HEADWISE_DEVICE void subtract_far(warp_tile<Heights, Widths>& scores, float exponent) const {
    for_each_row([&](int m, int half) {
      const float off = is_far(largest_[m][half], exponent) ? largest_[m][half] : 0.0F;
      scores.for_each_in_row(m, half, [&](float& score, int) { score -= off; });
    });
  }

  template <int SumWidths>
  HEADWISE_DEVICE void follow(const rows& largest, float exponent, warp_tile<Heights, SumWidths>& sums) {
    bool far = false;
    for_each_row([&](int m, int half) {
      const float next = largest[m][half];
      const float factor = next == nothing<float> ? 1.0F : exp2_fast((largest_[m][half] - next) * exponent);
      far |= is_far(next, exponent);
      largest_[m][half] = next;
      sum_[m][half] *= factor;
      sums.for_each_in_row(m, half, [&](float& sum, int) { sum *= factor; });
    });
    any_far_ = any_lane(far);
  }

  rows largest_;
  rows sum_;
  /// Of any row of the warp.
  bool any_far_ = false;
};

}  // namespace headwise::cuda
