// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace headwise {
namespace detail {

/// The first of so many addresses that nobody else gets, a multiple of 256.
inline std::uintptr_t take_addresses(std::size_t bytes) {
  static std::atomic<std::uintptr_t> next{std::uintptr_t{1} << 53};
  return next.fetch_add((bytes / 256 + 1) * 256);
}

}  // namespace detail

/// Numbers that are not there: a size, and an address that is not null and no other's. It stands for a tensor where the
/// scratch of a call is counted and nothing is done. Nobody may look there.
template <typename T>
class stand_in_buffer {
 public:
  using value_type = T;

  stand_in_buffer() = default;
  explicit stand_in_buffer(std::size_t size) { resize(size); }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void resize(std::size_t size) {
    size_ = size;
    data_ = reinterpret_cast<T*>(detail::take_addresses(size * sizeof(T)));
  }

  // As of the containers that it stands for.
  // NOLINTNEXTLINE(google-explicit-constructor): as a vector turns into a span
  operator std::span<T>() { return {data_, size_}; }
  // NOLINTNEXTLINE(google-explicit-constructor): as a vector turns into a span
  operator std::span<const T>() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Where the tensors of a call are that is only counted.
struct stand_in_memory {
  template <typename T>
  using buffer = stand_in_buffer<T>;
  template <typename T>
  using cache_buffer = stand_in_buffer<T>;

  template <typename T>
  static void set_zero(buffer<T>& /*numbers*/) {}
};

}  // namespace headwise
