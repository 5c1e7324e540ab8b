// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_device.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// Neighbouring features of one vector, held by one thread in the type that sums are taken in.
template <typename T, int Width>
struct feature_chunk {
  sum_type<T> value[std::size_t{Width}];
};

namespace loops {

/// The words that a chunk is stored in.
template <typename T, int Width>
using words_of = chunk_words<static_cast<int>(sizeof(T)) * Width / 4>;

/// The same bits as another type.
template <typename To, typename From>
HEADWISE_DEVICE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

template <typename T, int Width>
HEADWISE_DEVICE feature_chunk<T, Width> unpack_chunk(const words_of<T, Width>& words) {
  feature_chunk<T, Width> chunk;
  if constexpr (is_half_precision<T>) {
    HEADWISE_UNROLL
    for (int i = 0; i < Width / 2; ++i) {
      const two_floats pair = unpack<T>(words.word[i]);
      chunk.value[2 * i] = pair.first;
      chunk.value[2 * i + 1] = pair.second;
    }
  } else if constexpr (sizeof(T) == 4) {
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i) chunk.value[i] = bits_as<float>(words.word[i]);
  } else {
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i)
      chunk.value[i] = bits_as<double>(std::uint64_t{words.word[2 * i + 1]} << 32 | std::uint64_t{words.word[2 * i]});
  }
  return chunk;
}

template <typename T, int Width>
HEADWISE_DEVICE words_of<T, Width> pack_chunk(const feature_chunk<T, Width>& chunk) {
  words_of<T, Width> words;
  if constexpr (is_half_precision<T>) {
    HEADWISE_UNROLL
    for (int i = 0; i < Width / 2; ++i) words.word[i] = pack<T>(chunk.value[2 * i], chunk.value[2 * i + 1]);
  } else if constexpr (sizeof(T) == 4) {
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i) words.word[i] = bits_as<std::uint32_t>(chunk.value[i]);
  } else {
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i) {
      const auto bits = bits_as<std::uint64_t>(chunk.value[i]);
      words.word[2 * i] = static_cast<std::uint32_t>(bits);
      words.word[2 * i + 1] = static_cast<std::uint32_t>(bits >> 32);
    }
  }
  return words;
}

}  // namespace loops

// Chunks are moved whole, by one access to a multiple of their bytes, or number by number. Which of them is a matter of
// addresses alone: the same thread gets the same numbers, so that results do not depend on how tensors lie.

/// Reads `Width` numbers.
template <int Width, bool Whole, typename T>
HEADWISE_DEVICE feature_chunk<T, Width> load_chunk(const T* address) {
  if constexpr (!Whole || Width * sizeof(T) < 4) {
    feature_chunk<T, Width> chunk;
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i) chunk.value[i] = static_cast<sum_type<T>>(load_global(address + i));
    return chunk;
  } else {
    return loops::unpack_chunk<T, Width>(load_global(reinterpret_cast<const loops::words_of<T, Width>*>(address)));
  }
}

/// Rounds `Width` numbers and writes them.
template <bool Whole, typename T, int Width>
HEADWISE_DEVICE void store_chunk(T* address, const feature_chunk<T, Width>& chunk) {
  if constexpr (!Whole || Width * sizeof(T) < 4) {
    HEADWISE_UNROLL
    for (int i = 0; i < Width; ++i) store_global(address + i, static_cast<T>(chunk.value[i]));
  } else {
    store_global(reinterpret_cast<loops::words_of<T, Width>*>(address), loops::pack_chunk<T, Width>(chunk));
  }
}

/// The numbers as they are read back once they have been stored.
template <typename T, int Width>
HEADWISE_DEVICE feature_chunk<T, Width> rounded(const feature_chunk<T, Width>& chunk) {
  if constexpr (!is_half_precision<T>) {
    return chunk;
  } else if constexpr (Width == 1) {
    return {static_cast<float>(static_cast<T>(chunk.value[0]))};
  } else {
    return loops::unpack_chunk<T, Width>(loops::pack_chunk<T, Width>(chunk));
  }
}

/// The largest power of two of numbers that one access of at most 16 bytes moves, that divides `features` and is at
/// most `most`.
template <typename T>
constexpr int widest_chunk(int features, int most = 16) {
  int width = 1;
  while (2 * width * static_cast<int>(sizeof(T)) <= 16 && 2 * width <= most && features % (2 * width) == 0) width *= 2;
  return width;
}

/// Whether an address is a multiple of the bytes of `Width` numbers.
template <int Width, typename T>
bool chunk_aligned(const T* address) {
  return reinterpret_cast<std::uintptr_t>(address) % (Width * sizeof(T)) == 0;
}

/// Whether the vectors of all tokens start at such addresses.
template <int Width, typename T>
bool chunk_aligned(const token_view<T>& view) {
  const auto steps_fit = [](std::int64_t stride, std::int64_t extent) { return extent <= 1 || stride % Width == 0; };
  return chunk_aligned<Width>(view.data) && steps_fit(view.batch_stride, view.batch) &&
         steps_fit(view.token_stride, view.tokens);
}
/// Whether the vectors of all heads start at such addresses.
template <int Width, typename T, int Heads, int Dim>
bool chunk_aligned(const head_view<T, Heads, Dim>& view) {
  const token_view<T> first_heads{view.data, view.batch, view.tokens, Dim, view.batch_stride, view.token_stride};
  return chunk_aligned<Width>(first_heads) && (Heads == 1 || view.head_stride % Width == 0);
}

/// Calls body(std::bool_constant<whole>): whether chunks of `Width` numbers can be moved whole.
template <int Width, typename Body>
void with_whole_chunks(bool aligned, const Body& body) {
  if constexpr (Width > 1) {
    if (!aligned) {
      body(std::false_type{});
      return;
    }
  }
  body(std::true_type{});
}

/// The vectors of all tokens in chunks, one a thread: which token and which features are a thread's.
struct chunk_place {
  std::int64_t b;
  std::int64_t n;
  int feature;
};

/// The place of the chunk `index` among the `Dim / Width` chunks of every token.
template <int Dim, int Width>
HEADWISE_DEVICE chunk_place place_of_chunk(std::int64_t index, std::int64_t tokens) {
  constexpr int chunks = Dim / Width;
  const std::int64_t token = index / chunks;
  const std::int64_t b = token / tokens;
  return {b, token - b * tokens, static_cast<int>(index - token * chunks) * Width};
}

/// The number of blocks of `size` that hold `count` things.
HEADWISE_HOST_DEVICE constexpr std::int64_t blocks_of(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

}  // namespace headwise::cuda
