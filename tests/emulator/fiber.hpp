// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/context/stack_context.hpp>
#include <cstddef>

namespace headwise::emulator {

/// A thread of execution with a stack of its own, which runs until it hands over to another one by name.
class fiber {
 public:
  /// Stands for whoever creates it, on the stack that runs already.
  fiber() = default;
  /// Calls `body`, which never returns, once somebody hands over to it. Its frames begin `offset` bytes below the top
  /// of the stack: stacks lie at a power of two from each other, and without it their frames would share few lines of
  /// the cache.
  fiber(void (*body)(), std::size_t stack_bytes, std::size_t offset);
  ~fiber();
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  /// Leaves this fiber, which is the one that runs, until somebody hands over to it.
  void hand_over_to(fiber& next);

 private:
  struct switching;

  void (*body_)() = nullptr;
  boost::context::stack_context stack_;
  void* context_ = nullptr;
  // For AddressSanitizer, which has to know on which stack it is.
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
  void* fake_stack_ = nullptr;
};

}  // namespace headwise::emulator
