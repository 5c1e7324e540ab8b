// SPDX-License-Identifier: Apache-2.0
// Every function of a policy that attention calls for a token, a head or a score compiles as device code.
#include "headwise/headwise.hpp"

template <typename Mask>
__device__ bool sees(headwise::query_token row, std::int64_t key) {
  const Mask mask{};
  return headwise::detail::visible_keys_of(mask, row).contains(key) &&
         headwise::detail::visible_in_range(mask, headwise::pair_of(row, key));
}

struct even_keys {
  using slot = headwise::mask_slot;
  HEADWISE_HOST_DEVICE static constexpr bool visible(headwise::token_pair at) { return at.key % 2 == 0; }
};

__global__ void masks(std::int64_t queries, std::int64_t keys, bool* seen) {
  const headwise::query_token row = headwise::query_at(blockIdx.x, 0, 0, queries, keys);
  const std::int64_t key = threadIdx.x;
  seen[row.index() * keys + key] = sees<headwise::full_mask>(row, key) && sees<headwise::causal_mask>(row, key) &&
                                   sees<headwise::causal_mask_top_left>(row, key) &&
                                   sees<headwise::sliding_window<4>>(row, key) && sees<even_keys>(row, key);
}

template <typename Map>
__global__ void head_map(int query_heads, int composite_heads, int* composite) {
  composite[threadIdx.x] = Map::composite_head(static_cast<int>(threadIdx.x), query_heads, composite_heads);
}

template <typename Kind>
__global__ void mixing(const float* parameter, const float* weight_gradient, float* weight, float* parameter_gradient) {
  Kind::template form<2, 4>(parameter, weight);
  Kind::template backward<2, 4>(parameter, weight_gradient, parameter_gradient);
}

struct mean_of_heads {
  HEADWISE_HOST_DEVICE static constexpr double weight(int /*component*/, int /*composite*/) { return 0.5; }
};

template <typename Modification>
__global__ void score(headwise::token_pair at, float* scores) {
  const auto rule = headwise::detail::score_rule_of_head(Modification{}, at.head, 8);
  scores[threadIdx.x] = rule.modify(scores[threadIdx.x], at) * rule.derivative(scores[threadIdx.x], at);
}

template <typename Positions>
__global__ void rotation(int dim, double* angle, int* feature) {
  const int pair = static_cast<int>(threadIdx.x);
  angle[pair] = Positions::frequency(pair, dim);
  feature[Positions::first_feature(pair, dim)] = Positions::second_feature(pair, dim);
}

__global__ void norm(headwise::head_view<const float, 4, 8> x, headwise::head_view<float, 4, 8> y) {
  const float* in = x.row(blockIdx.x, blockIdx.y, threadIdx.x);
  float sum_of_squares = 0;
  for (int d = 0; d < 8; ++d) sum_of_squares += in[d] * in[d];
  const float scale = headwise::inverse_root_mean_square(sum_of_squares, 8, 1e-5);
  for (int d = 0; d < 8; ++d) y.row(blockIdx.x, blockIdx.y, threadIdx.x)[d] = scale * in[d];
}

template __global__ void head_map<headwise::block_head_map>(int, int, int*);
template __global__ void head_map<headwise::cyclic_head_map>(int, int, int*);
template __global__ void mixing<headwise::linear_mixing>(const float*, const float*, float*, float*);
template __global__ void mixing<headwise::low_rank_mixing<2>>(const float*, const float*, float*, float*);
template __global__ void mixing<headwise::fixed_mixing<mean_of_heads>>(const float*, const float*, float*, float*);
template __global__ void score<headwise::soft_cap<30>>(headwise::token_pair, float*);
template __global__ void score<headwise::alibi>(headwise::token_pair, float*);
template __global__ void rotation<headwise::rotary<>>(int, double*, int*);
