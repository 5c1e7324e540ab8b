// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "headwise/core/error.hpp"
#include "headwise/core/stand_in_memory.hpp"
#include "headwise/cuda/matrix_product.cuh"
#include "headwise/cuda/runtime.cuh"
#include "headwise/cuda/unique_handle.cuh"

namespace headwise {

/// What a caller hands to every operation on a CUDA device: the stream that it works in, and scratch memory of a fixed
/// size on the device, taken through a `frame` and given back when the frame ends. Operations start kernels in the
/// stream and return; they allocate nothing and wait for nothing. One workspace serves one caller at a time; its memory
/// is used again in the order of the stream. With it comes what cuBLAS needs, which takes a while to make.
///
/// Where the memory does not suffice, `headwise::error` is thrown before any work starts. How much does is asked by
/// doing the work in a workspace that counts (`bytes_for`): the answer comes from the very code that takes the memory.
class cuda_workspace {
 public:
  static constexpr std::size_t alignment = 256;

  /// A workspace with memory of its own, `bytes` of the current device. Throws `headwise::error` if there is not as
  /// much.
  cuda_workspace(cuda::stream order, std::size_t bytes)
      : order_(order),
        owned_(static_cast<std::byte*>(cuda::allocate_device_memory(bytes))),
        memory_(owned_.get()),
        products_(order),
        capacity_(bytes) {}
  /// A workspace on device memory of the caller's, which must outlive all that the stream is told to do. It begins at a
  /// multiple of 256 bytes, as all that a device allocates does; `headwise::error` is thrown otherwise.
  cuda_workspace(cuda::stream order, std::span<std::byte> memory)
      : order_(order), memory_(memory.data()), products_(order), capacity_(memory.size()) {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory_) % alignment;
    detail::require(past == 0, "memory", detail::words(past, " bytes behind a multiple of ", alignment),
                    detail::words("an address that is a multiple of ", alignment));
  }

  /// A workspace that does nothing but count: it hands out addresses that nobody may use, starts no kernels, and knows
  /// afterwards how much was held. It needs no device.
  static cuda_workspace counting() { return cuda_workspace(); }

  /// The bytes that a workspace must have for `work(workspace)`. Tensors that the work reads and writes are views of
  /// any addresses, such as those of `stand_in`.
  template <typename Work>
  static std::size_t bytes_for(const Work& work) {
    cuda_workspace counter = counting();
    work(counter);
    return counter.most_held();
  }

  /// Throws `headwise::error` unless there is room for `work(workspace)` beside what is held. The work is counted to
  /// find out, which is done on the host and allocates nothing.
  template <typename Work>
  void require_room(const Work& work) const {
    if (!counts_) require_room_of(bytes_for(work));
  }

  /// Bytes that a block of `count` elements occupies.
  template <typename T>
  static constexpr std::size_t bytes_of(std::int64_t count) {
    return (static_cast<std::size_t>(count) * sizeof(T) + alignment - 1) / alignment * alignment;
  }

  /// The life of the blocks taken through it. Frames nest, as scopes do.
  class frame {
   public:
    explicit frame(cuda_workspace& workspace) : workspace_(workspace), begin_(workspace.held_) {}
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;
    ~frame() { workspace_.held_ = begin_; }

    /// An uninitialised block of `count` elements of device memory, aligned to 256 bytes. Throws `headwise::error` if
    /// there is no room for it.
    template <typename T>
    T* take(std::int64_t count) {
      static_assert(std::is_trivially_copyable_v<T>);
      return reinterpret_cast<T*>(workspace_.take(bytes_of<T>(count)));
    }

    cuda_workspace& workspace() const { return workspace_; }

   private:
    cuda_workspace& workspace_;
    std::size_t begin_;
  };

  cuda::stream order() const { return order_; }
  /// Whether work is only counted.
  bool counts() const { return counts_; }
  /// Bytes of memory, used or not.
  std::size_t capacity() const { return capacity_; }
  /// The most bytes that were ever held at a time.
  std::size_t most_held() const { return most_held_; }

  /// Starts a kernel in the stream, or nothing where work is only counted.
  template <typename... Parameters>
  void launch(const char* name, void (*kernel)(Parameters...), const cuda::launch_shape& shape,
              const std::type_identity_t<std::remove_cv_t<Parameters>>&... parameters) {
    if (!counts_) cuda::launch(name, kernel, shape, order_, parameters...);
  }

  /// Starts matrix products in the stream, as `cuda::matrix_products` does, or nothing where work is only counted.
  template <typename T>
  void multiply(const char* name, const cuda::product_size& size, const cuda::matrix_rows<const T>& left,
                cuda::matrix_form left_form, const cuda::matrix_rows<const T>& right, cuda::matrix_form right_form,
                const cuda::matrix_rows<T>& result, bool add, std::byte* scratch) {
    if (counts_ || size.batch == 0 || size.rows == 0 || size.columns == 0) return;
    products_->multiply<T>(name, size, left, left_form, right, right_form, result, add, scratch);
  }

  /// Sets device memory to zero in the order of the stream.
  template <typename T>
  void fill_with_zeros(T* to, std::int64_t count) {
    if (!counts_) cuda::fill_with_zeros(to, static_cast<std::size_t>(count) * sizeof(T), order_);
  }

  /// An address that stands for `count` elements of a tensor where work is only counted.
  template <typename T>
  static T* stand_in(std::int64_t count) {
    return stand_in_buffer<T>(static_cast<std::size_t>(count)).data();
  }

 private:
  struct free_memory {
    void operator()(std::byte* memory) const { cuda::free_device_memory(memory); }
  };

  /// Addresses of no memory at all, and below those of stand-ins.
  cuda_workspace() : memory_(reinterpret_cast<std::byte*>(std::uintptr_t{1} << 52)), counts_(true) {}

  void require_room_of(std::size_t bytes) const {
    detail::require(bytes <= capacity_ - held_, "workspace", detail::words("of ", capacity_, " bytes"),
                    detail::words("at least ", held_ + bytes, " bytes"));
  }

  std::byte* take(std::size_t bytes) {
    if (!counts_) require_room_of(bytes);
    std::byte* const block = memory_ + held_;
    held_ += bytes;
    most_held_ = std::max(most_held_, held_);
    return block;
  }

  cuda::stream order_{};
  cuda::unique_handle<std::byte, free_memory> owned_;
  std::byte* memory_ = nullptr;
  std::optional<cuda::matrix_products> products_;
  std::size_t capacity_ = 0;
  std::size_t held_ = 0;
  std::size_t most_held_ = 0;
  bool counts_ = false;
};

}  // namespace headwise
