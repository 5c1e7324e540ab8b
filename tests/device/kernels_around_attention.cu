// SPDX-License-Identifier: Apache-2.0
// Every kernel around attention compiles for a device, in every number type.
#include <cstdint>
#include <span>

#include "headwise/core/result_write.hpp"
#include "headwise/cuda/compose_and_append.cuh"
#include "headwise/cuda/cuda_backend.cuh"
#include "headwise/policies/head_mixing.hpp"
#include "headwise/policies/positions.hpp"

namespace {

using headwise::cuda_backend;
using headwise::cuda_workspace;
using interleaved = headwise::rotary<headwise::rotary_settings{headwise::rotary_pairing::interleaved, 500000}>;

template <headwise::norm_settings Settings, typename T, int Heads, int Dim>
void normalize(headwise::head_view<T, Heads, Dim> x, std::span<T> gain, cuda_workspace& scratch) {
  const headwise::head_scalar_view<headwise::sum_type<T>, Heads> delta;
  cuda_backend::normalize_heads<Settings>(x, gain, x, scratch);
  cuda_backend::normalize_heads_backward<Settings>(x, gain, x, x, gain, scratch);
  cuda_backend::normalize_heads_backward<Settings>(x, gain, x, x, gain, scratch, delta);
}

template <typename Positions, typename T, int Components, int Composites, int Dim>
void rotate(headwise::head_view<T, Components, Dim> x, headwise::head_view<T, Composites, Dim> composites,
            std::span<T> weight, cuda_workspace& scratch) {
  const std::span<const std::int64_t> lengths;
  cuda_backend::rotate<Positions>(x, lengths, x, scratch);
  cuda_backend::rotate_backward<Positions>(x, lengths, x, scratch);
  headwise::cuda::compose_and_append<Positions>(x, weight, lengths, lengths, x, composites, scratch);
}

}  // namespace

template <typename T>
void call_all(cuda_workspace& scratch) {
  const headwise::head_view<T, 4, 64> x;
  const headwise::head_view<T, 8, 64> y;
  const headwise::head_view<T, 3, 33> odd;
  const headwise::token_view<T> tokens;
  const std::span<T> numbers;
  const std::span<const std::int64_t> lengths;
  cuda_backend::mix_heads(x, numbers, y, scratch);
  cuda_backend::mix_heads_backward(x, numbers, y, x, headwise::result_write::add, numbers, scratch);
  cuda_backend::mix_heads(odd, numbers, odd, scratch);
  normalize<headwise::norm_settings{}>(x, numbers, scratch);
  normalize<headwise::norm_settings{.gain = headwise::norm_gain::per_head, .groups = 1}>(y, numbers, scratch);
  normalize<headwise::norm_settings{.gain = headwise::norm_gain::none}>(odd, numbers, scratch);
  rotate<headwise::rotary<>>(x, y, numbers, scratch);
  rotate<interleaved>(x, y, numbers, scratch);
  cuda_backend::append_heads(x, lengths, lengths, x, scratch);
  cuda_backend::form_mixing<headwise::low_rank_mixing<2>, 4, 8, T>(nullptr, nullptr, scratch);
  cuda_backend::form_mixing_backward<headwise::low_rank_mixing<2>, 4, 8, T>(nullptr, nullptr, nullptr, scratch);
  cuda_backend::project(tokens, numbers, numbers, tokens, scratch);
  cuda_backend::project_backward_input(tokens, numbers, tokens, headwise::result_write::add, scratch);
  cuda_backend::project_backward_parameters(tokens, tokens, numbers, numbers, headwise::result_write::add, scratch);
}

template void call_all<float>(cuda_workspace&);
template void call_all<double>(cuda_workspace&);
template void call_all<headwise::bfloat16>(cuda_workspace&);
template void call_all<headwise::float16>(cuda_workspace&);
