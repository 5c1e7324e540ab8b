// SPDX-License-Identifier: Apache-2.0
// What the compared library offers to programs in any language. Tensors are contiguous in the order
// [head][token][feature], log-sum-exps in the order [head][token] of float. Nothing is thrown: a function that fails
// returns a sentence, which stays until the next one, and null if it does not.
#pragma once

#include <cstdint>

extern "C" {

/// The sizes and tensors of one call on one sequence; an operation reads those that it has to do with. A null lse is
/// not wanted.
struct headwise_call {
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
};

int headwise_operation_count();
/// What is done, to which variant, in which number type, as in "forward/causal_4x64/float".
const char* headwise_operation_name(int index);
/// At most so many threads from now on.
void headwise_set_threads(int threads);
const char* headwise_run(int index, const headwise_call* call);
}
