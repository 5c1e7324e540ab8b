// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// What the tensor cores' backward asks of a query: its log-sum-exp in units of log 2, infinite where the query has no
/// weight to give, and its `mean_gradient`.
struct alignas(8) query_numbers {
  float log_sum;
  float mean_gradient;
};

/// Whether a query has any weight to give.
HEADWISE_DEVICE bool gives_weight(const query_numbers& numbers) { return numbers.log_sum != -nothing<float>; }

/// What the kernels of the backward of attention are told; `lse_gradient` may be null.
template <any_attention_variant Variant, typename Scalar>
struct attend_backward_parameters : attend_inputs<Variant, Scalar> {
  using accumulator = typename Variant::template accumulator<Scalar>;

  head_view<const Scalar, Variant::query_heads, Variant::value_dim> out_gradient;
  head_scalar_view<const accumulator, Variant::query_heads> lse;
  head_scalar_view<const accumulator, Variant::query_heads> lse_gradient;
  head_scalar_view<const accumulator, Variant::query_heads> delta;
  /// [batch][H][numbers_per_head], with numbers for whole tiles; null where rows are taken one by one.
  const query_numbers* numbers;
  std::int64_t numbers_per_head;
  /// What every tile of queries sees, [batch][H][tiles_per_head], by the tiles of the gradients of keys.
  const visible_keys* seen;
  std::int64_t tiles_per_head;
  head_view<Scalar, Variant::query_heads, Variant::head_dim> q_gradient;
  head_view<Scalar, Variant::composite_heads, Variant::head_dim> k_gradient;
  head_view<Scalar, Variant::composite_heads, Variant::value_dim> v_gradient;

  /// What comes off the gradient <dout, v> of a query's every weight: delta less the gradient of its log-sum-exp.
  HEADWISE_DEVICE accumulator mean_gradient(int b, int head, int i) const {
    const accumulator mean = load_global(delta.row(b, head) + i);
    return lse_gradient.data == nullptr ? mean : mean - load_global(lse_gradient.row(b, head) + i);
  }
};

/// Which tensors of a backward have rows of whole chunks, so that 16 bytes can be moved at once.
struct aligned_gradients {
  bool q;
  bool k;
  bool v;
  bool out_gradient;
  bool gradients;
};

}  // namespace headwise::cuda
