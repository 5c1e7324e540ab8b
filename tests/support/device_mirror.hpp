// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "headwise/core/head_view.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_memory.cuh"

namespace headwise::test {

/// Device memory of a size, all bits set: NaNs in every number type.
inline device_buffer<std::byte> poisoned_device_memory(std::size_t bytes) {
  device_buffer<std::byte> memory;
  memory.assign(std::vector<std::byte>(bytes, std::byte{0xff}));
  return memory;
}

/// Copies on the device of memory of the host, so that an operation on a device can be tested as one on the host is.
/// Whatever lies together there lies together here, gaps and misalignment included, and one who is his neighbour's
/// alias remains it.
class device_mirror {
 public:
  template <typename T, int Heads, int Dim>
  void cover(const head_view<T, Heads, Dim>& view) {
    cover_axes(view.data, Dim,
               {{view.batch, view.batch_stride}, {view.tokens, view.token_stride}, {Heads, view.head_stride}});
  }
  template <typename T, int Heads>
  void cover(const head_scalar_view<T, Heads>& view) {
    if (view.data != nullptr)
      cover_axes(view.data, view.tokens, {{view.batch, view.batch_stride}, {Heads, view.head_stride}});
  }
  template <typename T>
  void cover(const token_view<T>& view) {
    cover_axes(view.data, view.width, {{view.batch, view.batch_stride}, {view.tokens, view.token_stride}});
  }
  template <typename T>
  void cover(std::span<T> numbers) {
    cover_axes(numbers.data(), static_cast<std::int64_t>(numbers.size()), {});
  }
  /// Lengths stay on the host, as all that is no tensor.
  void cover(std::span<const std::int64_t> /*lengths*/) {}
  template <typename Other>
  requires(std::is_enum_v<Other>) void cover(Other /*option*/) {}
  /// A mask or a score modification, with its data if it has any.
  template <typename Policy>
  requires requires { typename Policy::slot; }
  void cover(const Policy& policy) {
    if constexpr (has_data<Policy>)
      static_cast<void>(policy.moved([&](const auto& data) {
        cover(data);
        return data;
      }));
  }

  /// Copies to the device all that is covered.
  void upload() {
    std::sort(pieces_.begin(), pieces_.end(), [](const piece& a, const piece& b) { return a.first < b.first; });
    std::vector<piece> merged;
    for (piece& p : pieces_) {
      if (!merged.empty() && p.first < merged.back().last) {
        merged.back().last = std::max(merged.back().last, p.last);
        merged.back().written = merged.back().written || p.written;
      } else {
        merged.push_back(std::move(p));
      }
    }
    pieces_ = std::move(merged);
    for (piece& p : pieces_) {
      p.memory.assign(std::vector<std::byte>(p.size() + 2 * alignment, std::byte{0xff}));
      cuda::copy_to_device(p.start(), p.first, p.size(), {});
    }
    cuda::synchronize({});
  }

  /// Copies back all that may have been written. Whether everything else is as it was: what may only be read, and the
  /// memory before and behind.
  bool download() {
    bool others_stayed = true;
    for (piece& p : pieces_) {
      const std::vector<std::byte> found = p.memory.values();
      const std::byte* const first = found.data() + (p.start() - p.memory.data());
      const std::byte* const last = first + p.size();
      const auto poisoned = [](std::byte b) { return b == std::byte{0xff}; };
      others_stayed = others_stayed && std::all_of(found.data(), first, poisoned) &&
                      std::all_of(last, found.data() + found.size(), poisoned) &&
                      (p.written || std::memcmp(p.first, first, p.size()) == 0);
      if (p.written) std::memcpy(p.first, first, p.size());
    }
    return others_stayed;
  }

  /// The same tensor on the device.
  template <typename View>
  View at(View view) {
    if constexpr (has_data<View>) {
      return view.moved([&](const auto& data) { return at(data); });
    } else {
      if constexpr (requires { view.data = view.data; }) view.data = on_device(view.data);
      return view;
    }
  }
  template <typename T>
  std::span<T> at(std::span<T> numbers) {
    return {on_device(numbers.data()), numbers.size()};
  }
  std::span<const std::int64_t> at(std::span<const std::int64_t> lengths) { return lengths; }

 private:
  static constexpr std::size_t alignment = cuda_workspace::alignment;
  template <typename Policy>
  static constexpr bool has_data = requires(const Policy& policy) {
    policy.moved([](const auto& data) { return data; });
  };

  struct piece {
    std::byte* first;
    std::byte* last;
    bool written;
    device_buffer<std::byte> memory{};

    std::size_t size() const { return static_cast<std::size_t>(last - first); }
    /// As far behind a multiple of the alignment as on the host.
    std::byte* start() {
      const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory.data());
      const std::uintptr_t wanted = reinterpret_cast<std::uintptr_t>(first) % alignment;
      return memory.data() + (alignment + wanted - begin % alignment) % alignment;
    }
  };
  struct axis {
    std::int64_t extent;
    std::int64_t stride;
  };

  template <typename T>
  void cover_axes(T* data, std::int64_t last, std::initializer_list<axis> axes) {
    std::int64_t first = 0;
    if (last == 0) return;
    for (const axis& a : axes) {
      if (a.extent == 0) return;
      first += std::min<std::int64_t>(0, (a.extent - 1) * a.stride);
      last += std::max<std::int64_t>(0, (a.extent - 1) * a.stride);
    }
    const auto bytes = [](T* address) {
      return reinterpret_cast<std::byte*>(const_cast<std::remove_const_t<T>*>(address));
    };
    pieces_.push_back({bytes(data + first), bytes(data + last), !std::is_const_v<T>});
  }

  /// What is not covered, because it is empty, has no place on the device.
  template <typename T>
  T* on_device(T* address) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(address);
    for (piece& p : pieces_)
      if (p.first <= bytes && bytes < p.last) return reinterpret_cast<T*>(p.start() + (bytes - p.first));
    return address;
  }

  std::vector<piece> pieces_;
};

/// Runs `call(workspace, arguments...)` on copies of the arguments on the device, in a workspace of exactly the size
/// that was counted before, full of NaNs. It may write nothing but the memory of its outputs.
template <typename Call, typename... Arguments>
void run_mirrored(const Call& call, const Arguments&... arguments) {
  // Counting reads no memory, and what is refused is refused here, before anything is copied.
  const std::size_t bytes =
      cuda_workspace::bytes_for([&](cuda_workspace& workspace) { call(workspace, arguments...); });
  device_mirror mirror;
  (mirror.cover(arguments), ...);
  mirror.upload();
  device_buffer<std::byte> memory = poisoned_device_memory(bytes);
  cuda_workspace workspace({}, memory);
  call(workspace, mirror.at(arguments)...);
  const bool others_stayed = mirror.download();
  CHECK(others_stayed);
}

}  // namespace headwise::test
