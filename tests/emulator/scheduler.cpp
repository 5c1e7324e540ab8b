// SPDX-License-Identifier: Apache-2.0
#include "emulator/scheduler.hpp"

#include <cstddef>
#include <utility>

namespace headwise::emulator {

namespace {

// Only pages that are touched cost memory.
constexpr std::size_t stack_bytes = 256 * 1024;

scheduler* running = nullptr;

}  // namespace

void scheduler::run(int threads, const std::function<void()>& body, random_order& random,
                    const std::function<void()>& stuck) {
  const auto count = static_cast<std::size_t>(threads);
  while (fibers_.size() < count)
    fibers_.push_back(std::make_unique<fiber>(thread_body, stack_bytes, fibers_.size() % 61 * 64));
  states_.assign(count, state::waiting);
  ready_.clear();
  for (int thread = 0; thread < threads; ++thread) ready_.push_back(thread);
  body_ = &body;
  random_ = &random;
  failure_ = nullptr;
  unwinding_ = false;
  ended_ = 0;
  running = this;
  hand_over_from(launching_);
  if (ended_ < threads) {
    if (!failure_) {
      try {
        stuck();
      } catch (...) {
        failure_ = std::current_exception();
      }
    }
    unwind();
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void scheduler::wait() {
  hand_over_from(*fibers_[static_cast<std::size_t>(current_)]);
  if (unwinding_) throw unwound();
}

void scheduler::thread_body() {
  for (;;) {
    running->run_current();
    running->hand_over_from(*running->fibers_[static_cast<std::size_t>(running->current_)]);
  }
}

/// No exception is in flight when this is left, as the runtime of C++ counts exceptions for all fibers together.
void scheduler::run_current() {
  try {
    if (!unwinding_) (*body_)();
  } catch (const unwound&) {
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
  states_[static_cast<std::size_t>(current_)] = state::ended;
  ++ended_;
}

/// To one that can go on, or to the launch where there is none or the block has failed.
void scheduler::hand_over_from(fiber& from) {
  if (unwinding_ || failure_ || ready_.empty()) {
    from.hand_over_to(launching_);
    return;
  }
  const std::size_t drawn = random_->below(ready_.size());
  current_ = std::exchange(ready_[drawn], ready_.back());
  ready_.pop_back();
  fiber& next = *fibers_[static_cast<std::size_t>(current_)];
  if (&next != &from) from.hand_over_to(next);
}

void scheduler::unwind() {
  unwinding_ = true;
  for (std::size_t thread = 0; thread < states_.size(); ++thread) {
    if (states_[thread] == state::ended) continue;
    current_ = static_cast<int>(thread);
    launching_.hand_over_to(*fibers_[thread]);
  }
}

}  // namespace headwise::emulator
