// SPDX-License-Identifier: Apache-2.0
// What the measured library offers to programs in any language. Tensors lie on the device, contiguous in the order
// [batch][token][head][feature], of bfloat16 but for log-sum-exps, which are [batch][head][token] of float. Nothing is
// thrown: a function that fails returns a sentence, which stays until the next one, and null if it does not.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// The sizes and tensors of one call; an operation reads those that it has to do with.
struct headwise_call {
  std::int64_t batch;
  std::int64_t queries;
  std::int64_t keys;
  void* q;
  void* k;
  void* v;
  void* out;
  void* lse;
  void* out_gradient;
  void* q_gradient;
  void* k_gradient;
  void* v_gradient;
  void* key_weight;
  void* value_weight;
  void* gain;
  void* mixed_k;
  void* mixed_v;
};

int headwise_operation_count();
const char* headwise_operation_name(int index);
/// Query, component and composite heads and features, or zeros where an operation has no heads.
void headwise_operation_shape(int index, int* shape);
/// The bytes of a workspace that suffice for the call. Needs no device.
const char* headwise_workspace_bytes(int index, const headwise_call* call, std::size_t* bytes);
/// A workspace on memory of the caller's.
const char* headwise_open(void* stream, void* memory, std::size_t bytes, void** workspace);
void headwise_close(void* workspace);
/// Starts an operation in the stream of the workspace.
const char* headwise_run(void* workspace, int index, const headwise_call* call);
}
