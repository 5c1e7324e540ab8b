// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// Watches which sums of a warp's rows become NaN by what is hidden: a weight of 0 does not keep a NaN or an infinity
/// away. Nothing is hidden in most tiles. A NaN of theirs is there to stay, and costs nothing here; only where a run of
/// the other tiles begins and ends, NaNs are counted.
class nan_watch {
 public:
  /// The sums of a lane before a tile is added to them. `whole`: every row has all of the tile.
  template <typename... Sums>
  HEADWISE_DEVICE void before_tile(bool whole, const Sums&... sums) {
    const bool hiding = state_ % 2 != 0;
    if (whole != hiding) return;
    const int nans = (sums.nans() + ...);
    state_ += hiding ? 2 * nans - 1 : 1 - 2 * nans;
  }
  /// After the last tile.
  template <typename... Sums>
  HEADWISE_DEVICE void end(const Sums&... sums) {
    before_tile(true, sums...);
  }

  /// After the end: calls take(token) for every row that has such a sum, or shares its lanes with one that has. The
  /// warp has `Rows` of them, those of the tokens from `first` on, of which there are `tokens`, and has written them.
  template <int Rows, typename Take>
  HEADWISE_DEVICE void take_spoiled_rows(int first, int tokens, const Take& take) const {
    if (!any_lane(state_ > 0)) return;
    // Rows of one lane are written over by others.
    sync_warp();
    for (int row = 0; row < Rows; ++row)
      if (first + row < tokens && any_lane(state_ > 0 && lane_index() / 4 == row % 8)) take(first + row);
  }

 private:
  /// Twice the NaNs that such runs have brought this lane, and one more while there is one, in one register.
  int state_ = 0;
};

}  // namespace headwise::cuda
