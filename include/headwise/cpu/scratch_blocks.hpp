// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"

namespace headwise::cpu {

// A struct of pointers to scratch says once, in for_each_block(self, block, sizes...), how many numbers each of them
// points to: taking scratch and counting its bytes cannot disagree.

/// A struct of blocks, taken from a workspace.
template <typename Blocks, typename... Sizes>
Blocks take_blocks(host_workspace::frame& frame, Sizes... sizes) {
  Blocks taken{};
  Blocks::for_each_block(
      taken, [&]<typename Number>(Number*& pointer, std::int64_t count) { pointer = frame.take<Number>(count); },
      sizes...);
  return taken;
}

/// The bytes that `take_blocks` takes.
template <typename Blocks, typename... Sizes>
constexpr std::size_t bytes_of_blocks(Sizes... sizes) {
  std::size_t bytes = 0;
  Blocks none{};
  Blocks::for_each_block(
      none,
      [&]<typename Number>(Number*& /*pointer*/, std::int64_t count) {
        bytes += host_workspace::bytes_for<Number>(count);
      },
      sizes...);
  return bytes;
}

}  // namespace headwise::cpu
