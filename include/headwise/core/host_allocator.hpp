// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace headwise {

namespace detail {

/// What host memory is aligned to: the width of a cache line, and of the widest vectors. What is as large as some huge
/// pages lies in such pages where the system has them: kernels that read it from one end to the other are up to a fifth
/// faster then.
struct host_alignment {
  static constexpr std::size_t line = 64;
  static constexpr std::size_t huge_page = std::size_t{1} << 21;

  static constexpr std::size_t of(std::size_t bytes) { return bytes < 2 * huge_page ? line : huge_page; }
};

inline void* take_host_memory(std::size_t bytes) {
  const std::size_t alignment = host_alignment::of(bytes);
  void* memory = ::operator new (bytes, std::align_val_t{alignment});
#if defined(MADV_HUGEPAGE)
  // Advice: where it is not taken, nothing is lost but speed.
  if (alignment == host_alignment::huge_page) static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
#endif
  return memory;
}

inline void return_host_memory(void* memory, std::size_t bytes) noexcept {
  ::operator delete (memory, std::align_val_t{host_alignment::of(bytes)});
}

}  // namespace detail

/// Allocates for containers of the host what kernels read fastest: blocks that start at a cache line, large ones in
/// huge pages. Throws `std::bad_alloc` where memory ends.
template <typename T>
struct host_allocator {
  using value_type = T;

  host_allocator() = default;
  /// All allocators are one.
  template <typename Other>
  host_allocator(const host_allocator<Other>& /*other*/) {}

  /// A block of `count` elements.
  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(detail::take_host_memory(count * sizeof(T)));
  }
  /// Gives a block of `count` elements back.
  void deallocate(T* block, std::size_t count) noexcept { detail::return_host_memory(block, count * sizeof(T)); }

  /// Any of them frees what another one allocated.
  template <typename Other>
  bool operator==(const host_allocator<Other>& /*other*/) const {
    return true;
  }
};

}  // namespace headwise
