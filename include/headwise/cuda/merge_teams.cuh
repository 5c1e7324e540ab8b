// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The outputs of the teams of a block, which had different keys of the same rows, merged into those of the first team
/// by way of shared memory, always in the same order. A lane has the same elements in every team.
template <int Teams, int RowTiles, int Widths>
class merge_teams {
  static constexpr int elements = 4 * Widths + 2;

 public:
  static constexpr int shared_bytes = (Teams - 1) * RowTiles * elements * warp_size * static_cast<int>(sizeof(float));

  HEADWISE_DEVICE merge_teams(std::byte* shared, int team, int row_tile)
      : shared_(reinterpret_cast<float*>(shared) + lane_index()), team_(team), row_tile_(row_tile) {}

  /// Outputs that are divided by the sums of their weights, and the log-sum-exps of the lane's two rows. All threads of
  /// the block take part.
  HEADWISE_DEVICE void merge(warp_tile<1, Widths>& sums, float (&lse)[2]) const {
    if constexpr (Teams > 1) {
      if (team_ > 0) put(sums, lse);
      sync_block();
      if (team_ == 0)
        for (int other = 1; other < Teams; ++other) add(other, sums, lse);
    }
  }

 private:
  HEADWISE_DEVICE float* place(int team, int element) const {
    return shared_ + (((team - 1) * RowTiles + row_tile_) * elements + element) * warp_size;
  }
  HEADWISE_DEVICE static int element_of(int half, int i) { return 4 * (i / 2) + 2 * half + i % 2; }

  HEADWISE_DEVICE void put(const warp_tile<1, Widths>& sums, const float (&lse)[2]) const {
    sums.for_each_row([&](int m, int half) {
      store_shared(place(team_, 4 * Widths + half), lse[half]);
      HEADWISE_UNROLL
      for (int i = 0; i < 2 * Widths; ++i)
        store_shared(place(team_, element_of(half, i)), sums.value[m][i / 2][2 * half + i % 2]);
    });
  }
  HEADWISE_DEVICE void add(int other, warp_tile<1, Widths>& sums, float (&lse)[2]) const {
    sums.for_each_row([&](int m, int half) {
      const float other_lse = load_shared(place(other, 4 * Widths + half));
      const float larger = std::fmax(lse[half], other_lse);
      const float shift = larger == nothing<float> ? 0.0F : larger;
      const float mine = std::exp(lse[half] - shift);
      const float others = std::exp(other_lse - shift);
      const float sum_of_both = mine + others;
      const float inverse = sum_of_both == 0 ? 0.0F : 1.0F / sum_of_both;
      lse[half] = sum_of_both == 0 ? nothing<float> : shift + std::log(sum_of_both);
      HEADWISE_UNROLL
      for (int i = 0; i < 2 * Widths; ++i) {
        float& sum = sums.value[m][i / 2][2 * half + i % 2];
        sum = inverse * (mine * sum + others * load_shared(place(other, element_of(half, i))));
      }
    });
  }

  float* shared_;
  int team_;
  int row_tile_;
};

}  // namespace headwise::cuda
