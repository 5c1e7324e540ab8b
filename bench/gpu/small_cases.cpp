// SPDX-License-Identifier: Apache-2.0
// Every operation of the library once, on few tokens and tensors of exactly their size, for tools that watch what
// kernels do. What it writes is NaN before, and must be finite after.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <headwise/core/half_precision.hpp>
#include <headwise/cuda/device_memory.cuh>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "library.hpp"

namespace {

using headwise::bfloat16;
using bfloat_buffer = headwise::device_buffer<bfloat16>;

std::vector<bfloat16> random_numbers(std::int64_t count) {
  static std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<bfloat16> values(static_cast<std::size_t>(count));
  for (bfloat16& value : values) value = bfloat16(normal(generator));
  return values;
}

/// One operation and its tensors on the device.
class small_case {
 public:
  explicit small_case(int index) : index_(index), name_(headwise_operation_name(index)) {
    int shape[4];
    headwise_operation_shape(index, shape);
    const auto [H, C, G, D] = shape;
    const std::int64_t batch = 2;
    const std::int64_t queries = starts_with("decode") ? 1 : 131;
    const std::int64_t keys = starts_with("decode") ? 300 : 131;
    call_.batch = batch;
    call_.queries = queries;
    call_.keys = keys;
    call_.q = input(batch * queries * H * D);
    call_.k = input(batch * keys * C * D);
    call_.v = input(batch * keys * C * D);
    call_.key_weight = input(std::int64_t{C} * G);
    call_.value_weight = input(std::int64_t{C} * G);
    call_.gain = input(D);
    call_.mixed_k = input(batch * keys * G * D);
    call_.mixed_v = input(batch * keys * G * D);
    call_.out_gradient = input(batch * queries * H * D);
    // The backward pass reads what the others write.
    const float before = starts_with("attend_backward") ? 0.0F : std::numeric_limits<float>::quiet_NaN();
    lse_.assign(std::vector<float>(static_cast<std::size_t>(batch * queries * H), before));
    call_.lse = lse_.data();
    if (starts_with("attend_backward")) {
      call_.out = input(batch * queries * H * D);
      call_.q_gradient = output(batch * queries * H * D);
      call_.k_gradient = output(batch * keys * C * D);
      call_.v_gradient = output(batch * keys * C * D);
    } else {
      // Operations without heads are those that measure the machine.
      call_.out = output(H == 0 ? 2 : batch * queries * H * D);
      if (H == 0) call_.k = input(keys);
    }
  }

  /// What went wrong, or nothing.
  std::string run() {
    std::size_t bytes = 0;
    if (const char* error = headwise_workspace_bytes(index_, &call_, &bytes)) return error;
    headwise::device_buffer<std::byte> memory(bytes);
    void* workspace = nullptr;
    if (const char* error = headwise_open(nullptr, memory.data(), bytes, &workspace)) return error;
    const char* error = headwise_run(workspace, index_, &call_);
    const std::string told = error == nullptr ? "" : error;
    headwise::cuda::synchronize({});
    headwise_close(workspace);
    if (!told.empty() || call_.q == nullptr) return told;
    for (const bfloat_buffer* written : written_)
      for (const float value : written->values())
        if (!std::isfinite(value)) return "an output that is not finite";
    // Decoding is asked for none.
    if (!starts_with("decode"))
      for (const float value : lse_.values())
        if (!std::isfinite(value)) return "a log-sum-exp that is not finite";
    return "";
  }

 private:
  bool starts_with(const char* begin) const { return name_.rfind(begin, 0) == 0; }
  bfloat16* input(std::int64_t count) {
    tensors_.emplace_back().assign(random_numbers(count));
    return tensors_.back().data();
  }
  bfloat16* output(std::int64_t count) {
    const bfloat16 nan(std::numeric_limits<float>::quiet_NaN());
    tensors_.emplace_back().assign(std::vector<bfloat16>(static_cast<std::size_t>(count), nan));
    written_.push_back(&tensors_.back());
    return tensors_.back().data();
  }

  int index_;
  std::string name_;
  headwise_call call_{};
  std::deque<bfloat_buffer> tensors_;
  std::vector<const bfloat_buffer*> written_;
  headwise::device_buffer<float> lse_;
};

std::string run_case(int index) {
  try {
    return small_case(index).run();
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

int main() {
  int failures = 0;
  for (int i = 0; i < headwise_operation_count(); ++i) {
    const std::string told = run_case(i);
    std::cout << headwise_operation_name(i) << ": " << (told.empty() ? "fine" : told) << '\n';
    failures += told.empty() ? 0 : 1;
  }
  return failures == 0 ? 0 : 1;
}
