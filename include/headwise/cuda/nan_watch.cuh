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

  /// After the end: whether a row has such a sum, or one that shares its lanes. All lanes of the warp take part.
  HEADWISE_DEVICE bool row_is_spoiled(int row) const { return any_lane(state_ > 0 && lane_index() / 4 == row % 8); }
  /// The same of any row.
  HEADWISE_DEVICE bool is_spoiled() const { return any_lane(state_ > 0); }

 private:
  /// Twice the NaNs that such runs have brought this lane, and one more while there is one, in one register.
  int state_ = 0;
};

}  // namespace headwise::cuda
