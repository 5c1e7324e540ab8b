// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// How a kernel of attention cuts its work. The warps of a block share the rows of its tile evenly, those of queries
/// or, in gradients of keys and values, those of keys.
struct attend_settings {
  int query_rows;
  int key_rows;
  int warps;
  /// A thread takes no more registers than leave room for so many blocks on a multiprocessor. Whether their shared
  /// memory leaves room as well depends on the device.
  int blocks;

  constexpr int threads() const { return warps * warp_size; }
  bool operator==(const attend_settings&) const = default;
};

/// The cut of the forward pass: as many rows and scores as the registers hold beside the sums of values. The wider of
/// keys and values counts.
constexpr attend_settings forward_settings(int head_dim, int value_dim) {
  const int dim = head_dim > value_dim ? head_dim : value_dim;
  if (dim <= 64) return {.query_rows = 128, .key_rows = 64, .warps = 4, .blocks = 2};
  if (dim <= 128) return {.query_rows = 128, .key_rows = 32, .warps = 4, .blocks = 2};
  if (dim <= 192) return {.query_rows = 128, .key_rows = 32, .warps = 8, .blocks = 1};
  return {.query_rows = 64, .key_rows = 32, .warps = 4, .blocks = 1};
}

/// The cut of the gradients of queries.
constexpr attend_settings query_gradient_settings(int head_dim, int value_dim) {
  const int dim = head_dim > value_dim ? head_dim : value_dim;
  if (dim <= 128) return {.query_rows = 128, .key_rows = 32, .warps = 4, .blocks = 2};
  return {.query_rows = 64, .key_rows = dim <= 192 ? 32 : 16, .warps = 4, .blocks = 1};
}

/// The cut of the gradients of keys and values. Sums of both take as many registers as heads are wide, and where scores
/// are modified that takes some as well.
constexpr attend_settings key_gradient_settings(int head_dim, int value_dim, bool modifies_scores) {
  const int dim = head_dim > value_dim ? head_dim : value_dim;
  if (dim <= 64 && !modifies_scores) return {.query_rows = 32, .key_rows = 128, .warps = 4, .blocks = 2};
  if (dim <= 128) return {.query_rows = 32, .key_rows = 64, .warps = 4, .blocks = 2};
  return {.query_rows = dim <= 192 ? 32 : 16, .key_rows = 64, .warps = 4, .blocks = 1};
}
/// Whether one kernel has the registers for the gradients of keys and values together.
constexpr bool keys_and_values_together(int head_dim, int value_dim) { return head_dim + value_dim <= 384; }

}  // namespace headwise::cuda
