// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "emulator/fiber.hpp"
#include "emulator/random_order.hpp"

namespace headwise::emulator {

/// Runs the threads of a block as fibers, one at a time. Each runs until it waits or ends; who goes on then is drawn
/// from those that can.
class scheduler {
 public:
  /// Runs `body` in `threads` fibers until all have ended. Throws what the first of them threw, or what `stuck` throws
  /// once none of those that are left can go on; the others are unwound before.
  void run(int threads, const std::function<void()>& body, random_order& random, const std::function<void()>& stuck);

  /// The thread that runs.
  int current() const { return current_; }
  /// How many have ended.
  int ended() const { return ended_; }

  /// The running thread waits until somebody lets it go on.
  void wait();
  /// A waiting thread may go on.
  void let_go(int thread) { ready_.push_back(thread); }
  /// The running thread may go on, as others may.
  void give_way() {
    let_go(current_);
    wait();
  }

 private:
  enum class state { waiting, ended };
  struct unwound {};

  static void thread_body();
  void run_current();
  void hand_over_from(fiber& from);
  void unwind();

  std::vector<std::unique_ptr<fiber>> fibers_;
  fiber launching_;
  std::vector<state> states_;
  std::vector<int> ready_;
  const std::function<void()>* body_ = nullptr;
  random_order* random_ = nullptr;
  std::exception_ptr failure_;
  bool unwinding_ = false;
  int current_ = 0;
  int ended_ = 0;
};

}  // namespace headwise::emulator
