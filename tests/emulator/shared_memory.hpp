// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// The shared memory of a block: exactly what the launch asks for, aligned to 128 bytes.
class shared_buffer {
 public:
  shared_buffer() = default;
  ~shared_buffer();
  shared_buffer(const shared_buffer&) = delete;
  shared_buffer& operator=(const shared_buffer&) = delete;

  void resize(std::size_t bytes);
  /// Full of NaNs, as every block begins.
  void forget();
  std::byte* data() const { return data_; }

  /// Where an access of the running thread lies. Throws unless it is inside, at a multiple of its size.
  std::size_t offset_of(const void* address, std::size_t bytes, const char* access, const call_site& where) const;

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace headwise::emulator
