// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "headwise/core/error.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"

namespace headwise::cuda::launches {

/// The blocks of a grid in which each has `rows` tokens of one head.
template <int Heads>
std::int64_t blocks_of_heads(std::int64_t batch, std::int64_t tokens, int rows) {
  return batch * Heads * blocks_of(tokens, rows);
}

/// Kernels of attention count the tokens of a sequence in 32 bits.
template <typename Arguments>
void check_tokens(const Arguments& a) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max() / 2;
  const auto count = [&](const char* name, std::int64_t tokens) {
    headwise::detail::require(tokens <= most, name, headwise::detail::words("of ", tokens, " tokens"),
                              headwise::detail::words("at most ", most, " tokens on CUDA"));
  };
  count("q", a.q.tokens);
  count("k", a.k.tokens);
}

/// What kernels are told of the inputs of a call; lengths lie in the frame.
template <typename Arguments>
auto inputs_of(const Arguments& a, cuda_workspace::frame& frame) {
  const auto take_lengths = [&](cuda_workspace::frame& of) {
    const std::int64_t* const queries = device_lengths(a.query_lengths, of);
    const bool same = a.key_lengths.data() == a.query_lengths.data() && a.key_lengths.size() == a.query_lengths.size();
    return std::pair{queries, same ? queries : device_lengths(a.key_lengths, of)};
  };
  frame.workspace().require_room([&](cuda_workspace& counting) {
    cuda_workspace::frame both(counting);
    take_lengths(both);
  });
  const auto lengths = take_lengths(frame);
  return attend_inputs<typename Arguments::variant, typename Arguments::scalar>{.q = a.q,
                                                                                .k = a.k,
                                                                                .v = a.v,
                                                                                .query_lengths = lengths.first,
                                                                                .key_lengths = lengths.second,
                                                                                .mask = a.mask,
                                                                                .score = a.score};
}

}  // namespace headwise::cuda::launches
