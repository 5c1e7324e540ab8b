// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace headwise {

/// Scratch memory that is used again and again: blocks are taken through a `frame` and all come back when the frame
/// ends. It grows until it has seen the largest need; after that nothing is allocated any more. One workspace serves
/// one caller at a time.
class host_workspace {
 public:
  static constexpr std::size_t alignment = 64;

  /// Bytes that a block of `count` elements occupies.
  template <typename T>
  static constexpr std::size_t bytes_for(std::int64_t count) {
    return (static_cast<std::size_t>(count) * sizeof(T) + alignment - 1) / alignment * alignment;
  }

  /// The life of the blocks taken through it. Frames nest, as scopes do.
  class frame {
   public:
    explicit frame(host_workspace& workspace) : workspace_(workspace), mark_(workspace.used_) { ++workspace_.frames_; }
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;
    ~frame() { workspace_.release(mark_); }

    /// An uninitialised block of `count` elements, aligned to 64 bytes.
    template <typename T>
    T* take(std::int64_t count) {
      static_assert(std::is_trivially_copyable_v<T>);
      return reinterpret_cast<T*>(workspace_.take(bytes_for<T>(count)));
    }

   private:
    host_workspace& workspace_;
    std::size_t mark_;
  };

  /// Bytes held, used or not.
  std::size_t capacity() const {
    std::size_t bytes = 0;
    for (const block& b : blocks_) bytes += b.size;
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
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
  };
  struct block {
    std::unique_ptr<std::byte, free_block> memory;
    std::size_t size;
  };

  static block make_block(std::size_t bytes) {
    return {std::unique_ptr<std::byte, free_block>(
                static_cast<std::byte*>(::operator new (bytes, std::align_val_t{alignment}))),
            bytes};
  }

  /// Blocks lie one behind the other in a virtual row; `used_` counts along it. What does not fit into the rest of a
  /// block starts at the next one.
  std::byte* take(std::size_t bytes) {
    std::size_t start = 0;
    for (const block& b : blocks_) {
      const std::size_t inside = std::max(used_, start) - start;
      if (inside + bytes <= b.size) {
        used_ = start + inside + bytes;
        peak_ = std::max(peak_, used_);
        return b.memory.get() + inside;
      }
      start += b.size;
    }
    blocks_.push_back(make_block(std::max(bytes, start)));
    used_ = start + bytes;
    peak_ = std::max(peak_, used_);
    return blocks_.back().memory.get();
  }

  void release(std::size_t mark) {
    used_ = mark;
    // Several blocks become one once nobody holds any of them, so that a steady state needs a single block.
    if (--frames_ == 0 && blocks_.size() > 1) {
      blocks_.clear();
      reserve(peak_);
    }
  }

  std::vector<block> blocks_;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  int frames_ = 0;
};

/// Where the tensors of the host backends live.
struct host_memory {
  template <typename T>
  using buffer = std::vector<T>;
  using workspace = host_workspace;
};

}  // namespace headwise
