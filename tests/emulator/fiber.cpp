// SPDX-License-Identifier: Apache-2.0
#include "emulator/fiber.hpp"

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

// Null where the program is built without AddressSanitizer.
extern "C" {
__attribute__((weak)) void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t bytes);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void* fake_stack, const void** bottom, std::size_t* bytes);
}

namespace headwise::emulator {

namespace {

fiber* running = nullptr;

}  // namespace

struct fiber::switching {
  /// What every fiber does first when it runs again, or for the first time.
  static void arrive(const boost::context::detail::transfer_t& from) {
    fiber& previous = *static_cast<fiber*>(from.data);
    previous.context_ = from.fctx;
    if (__sanitizer_finish_switch_fiber != nullptr)
      __sanitizer_finish_switch_fiber(running->fake_stack_, &previous.bottom_, &previous.bytes_);
  }

  static void start(boost::context::detail::transfer_t from) {
    arrive(from);
    running->body_();
  }
};

fiber::fiber(void (*body)(), std::size_t stack_bytes, std::size_t offset)
    : body_(body), stack_(boost::context::protected_fixedsize_stack(stack_bytes).allocate()) {
  void* top = static_cast<char*>(stack_.sp) - offset;
  context_ = boost::context::detail::make_fcontext(top, stack_.size - offset, switching::start);
  bottom_ = static_cast<char*>(stack_.sp) - stack_.size;
  bytes_ = stack_.size;
}

fiber::~fiber() {
  if (stack_.sp != nullptr) boost::context::protected_fixedsize_stack().deallocate(stack_);
}

void fiber::hand_over_to(fiber& next) {
  running = &next;
  if (__sanitizer_start_switch_fiber != nullptr)
    __sanitizer_start_switch_fiber(&fake_stack_, next.bottom_, next.bytes_);
  switching::arrive(boost::context::detail::jump_fcontext(next.context_, this));
}

}  // namespace headwise::emulator
