// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The softmax of the rows of a warp's tiles, seen tile by tile. Scores times `exponent` are exponents of 2.
template <int Heights>
class softmax_rows {
  static constexpr float nothing = -std::numeric_limits<float>::infinity();

 public:
  HEADWISE_DEVICE softmax_rows() {
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        largest_[m][half] = nothing;
        sum_[m][half] = 0;
      }
  }

  /// Makes weights of the next scores, relative to the largest score so far. `sums`, the sums of values so far, follow
  /// where that has moved.
  template <int Widths, int SumWidths>
  HEADWISE_DEVICE void weigh(warp_tile<Heights, Widths>& scores, float exponent,
                             warp_tile<Heights, SumWidths>& sums) {
    float largest[Heights][2];
    bool moved = false;
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        float& row = largest[m][half];
        row = nothing;
        HEADWISE_UNROLL
        for (int n = 0; n < Widths; ++n)
          row = std::fmax(row, std::fmax(scores.value[m][n][2 * half], scores.value[m][n][2 * half + 1]));
        row = std::fmax(largest_[m][half], largest_of_row(row));
        moved |= row != largest_[m][half];
      }
    if (any_lane(moved)) follow(largest, exponent, sums);
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        const float shift = shift_of(largest_[m][half], exponent);
        HEADWISE_UNROLL
        for (int n = 0; n < Widths; ++n)
          HEADWISE_UNROLL
          for (int e = 2 * half; e < 2 * half + 2; ++e) {
            float& weight = scores.value[m][n][e];
            weight = exp2_fast(weight * exponent - shift);
            sum_[m][half] += weight;
          }
      }
  }

  /// After the last tile: divides the sums of values by those of weights. Rows without a key become 0.
  template <int SumWidths>
  HEADWISE_DEVICE void finish(warp_tile<Heights, SumWidths>& sums) {
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        sum_[m][half] = sum_of_row(sum_[m][half]);
        const float inverse = sum_[m][half] == 0 ? 0.0F : 1.0F / sum_[m][half];
        scale_row(sums, m, half, inverse);
      }
  }

  /// After `finish`: the natural logarithm of a row's sum of exponentials.
  HEADWISE_DEVICE float log_sum(int m, int half, float exponent) const {
    constexpr float log_of_2 = 0.693147180559945F;
    return sum_[m][half] == 0 ? nothing
                              : shift_of(largest_[m][half], exponent) * log_of_2 + std::log(sum_[m][half]);
  }

 private:
  // Without a finite score there is nothing to subtract: -inf - (-inf) would be NaN.
  HEADWISE_DEVICE static float shift_of(float largest, float exponent) {
    return largest == nothing ? 0.0F : largest * exponent;
  }

  template <int SumWidths>
  HEADWISE_DEVICE static void scale_row(warp_tile<Heights, SumWidths>& sums, int m, int half, float factor) {
    HEADWISE_UNROLL
    for (int n = 0; n < SumWidths; ++n) {
      sums.value[m][n][2 * half] *= factor;
      sums.value[m][n][2 * half + 1] *= factor;
    }
  }

  template <int SumWidths>
  HEADWISE_DEVICE void follow(const float (&largest)[Heights][2], float exponent,
                              warp_tile<Heights, SumWidths>& sums) {
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        const float factor = exp2_fast(largest_[m][half] * exponent - shift_of(largest[m][half], exponent));
        largest_[m][half] = largest[m][half];
        sum_[m][half] *= factor;
        scale_row(sums, m, half, factor);
      }
  }

  float largest_[Heights][2];
  float sum_[Heights][2];
};

}  // namespace headwise::cuda
