// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "headwise/core/host_allocator.hpp"

namespace headwise {

/// Scratch memory that is used again and again: blocks are taken through a `frame` and all come back when the frame
/// ends. It grows until it has seen the largest need; after that nothing is allocated any more. One workspace serves
/// one caller at a time. Throws `std::bad_alloc` where memory ends.
class host_workspace {
  /// How far the blocks are filled, laid one behind the other, and how many of these bytes somebody holds: what did not
  /// fit into the rest of a block started at the next one.
  struct level {
    std::size_t position = 0;
    std::size_t held = 0;
  };

 public:
  static constexpr std::size_t alignment = detail::host_alignment::line;

  /// Bytes that a block of `count` elements occupies.
  template <typename T>
  static constexpr std::size_t bytes_for(std::int64_t count) {
    return (static_cast<std::size_t>(count) * sizeof(T) + alignment - 1) / alignment * alignment;
  }

  /// The life of the blocks taken through it. Frames nest, as scopes do.
  class frame {
   public:
    explicit frame(host_workspace& workspace) : workspace_(workspace), begin_(workspace.level_) {
      ++workspace_.frames_;
    }
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;
    ~frame() { workspace_.release(begin_); }

    /// An uninitialised block of `count` elements, aligned to 64 bytes.
    template <typename T>
    T* take(std::int64_t count) {
      static_assert(std::is_trivially_copyable_v<T>);
      return reinterpret_cast<T*>(workspace_.take(bytes_for<T>(count)));
    }

   private:
    host_workspace& workspace_;
    level begin_;
  };

  /// Sets numbers to zero.
  template <typename T>
  void fill_with_zeros(T* to, std::int64_t count) {
    std::fill_n(to, count, T(0));
  }

  /// Bytes held, used or not.
  std::size_t capacity() const {
    std::size_t bytes = 0;
    for (const block& b : blocks_) bytes += b.size();
    return bytes;
  }

  /// Takes `bytes` at once, so that no later call up to this need allocates.
  void reserve(std::size_t bytes) {
    if (frames_ == 0 && capacity() < bytes) {
      blocks_.clear();
      blocks_.push_back(make_block(bytes));
    }
  }

 private:
  struct free_block {
    std::size_t size;
    void operator()(std::byte* p) const { detail::return_host_memory(p, size); }
  };
  struct block {
    std::unique_ptr<std::byte, free_block> memory;
    std::size_t size() const { return memory.get_deleter().size; }
  };

  static block make_block(std::size_t bytes) {
    return {{static_cast<std::byte*>(detail::take_host_memory(bytes)), {bytes}}};
  }

  [[gnu::noinline]] std::byte* take(std::size_t bytes) {
    std::size_t start = 0;
    for (const block& b : blocks_) {
      const std::size_t inside = std::max(level_.position, start) - start;
      if (inside + bytes <= b.size()) {
        hold(start + inside, bytes);
        return b.memory.get() + inside;
      }
      start += b.size();
    }
    blocks_.push_back(make_block(std::max(bytes, start)));
    hold(start, bytes);
    return blocks_.back().memory.get();
  }

  void hold(std::size_t position, std::size_t bytes) {
    level_ = {position + bytes, level_.held + bytes};
    most_held_ = std::max(most_held_, level_.held);
  }

  [[gnu::noinline]] void release(const level& begin) noexcept {
    level_ = begin;
    if (--frames_ > 0 || blocks_.size() < 2) return;
    // Several blocks become one once nobody holds any of them, so that a steady state needs a single block. It is a
    // quarter larger than the one before at least: a need that grows by a token at a time, as in decoding, is then not
    // met by an allocation at every token.
    const std::size_t before = blocks_.front().size();
    blocks_.clear();
    try {
      reserve(std::max(most_held_, before + before / 4));
    } catch (const std::bad_alloc&) {
      // Nobody has asked for memory here: whoever does next is told if there is none.
    }
  }

  std::vector<block> blocks_;
  level level_;
  std::size_t most_held_ = 0;
  int frames_ = 0;
};

/// Where the tensors of the host backends live.
struct host_memory {
  template <typename T>
  using buffer = std::vector<T>;
  /// Caches are read from one end to the other for every token.
  template <typename T>
  using cache_buffer = std::vector<T, host_allocator<T>>;
  using workspace = host_workspace;

  template <typename T>
  static void set_zero(buffer<T>& numbers) {
    std::fill(numbers.begin(), numbers.end(), T(0));
  }
  template <typename T>
  static void set_zero(buffer<T>& numbers, workspace& /*scratch*/) {
    set_zero(numbers);
  }
  /// Puts numbers of the host into a buffer, which takes on their count.
  template <typename T>
  static void store(buffer<T>& to, std::vector<T> numbers) {
    to = std::move(numbers);
  }
  template <typename T>
  static void store(buffer<T>& to, std::vector<T> numbers, workspace& /*scratch*/) {
    store(to, std::move(numbers));
  }
  /// The numbers of a buffer, on the host.
  template <typename T>
  static std::vector<T> load(const buffer<T>& from) {
    return from;
  }
  template <typename T>
  static std::vector<T> load(const buffer<T>& from, workspace& /*scratch*/) {
    return from;
  }
};

}  // namespace headwise
