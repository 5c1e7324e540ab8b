// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <headwise/core/half_precision.hpp>
#include <headwise/core/head_view.hpp>
#include <headwise/cuda/cuda_workspace.cuh>
#include <initializer_list>
#include <span>
#include <vector>

#include "library.hpp"

namespace bench {

using headwise::bfloat16;
using headwise::cuda_workspace;

/// An operation under a name that tells its variant, the heads and features of its tensors, and how it is started.
struct operation {
  const char* name;
  int query_heads;
  int component_heads;
  int composite_heads;
  int head_dim;
  void (*run)(const headwise_call&, cuda_workspace&);
};

template <typename Variant>
constexpr operation operation_of(const char* name, void (*run)(const headwise_call&, cuda_workspace&)) {
  return {name, Variant::query_heads, Variant::component_heads, Variant::composite_heads, Variant::head_dim, run};
}

/// All operations that are linked into the library.
inline std::vector<operation>& operations() {
  static std::vector<operation> all;
  return all;
}

/// Adds operations before the library is used.
struct registration {
  explicit registration(std::initializer_list<operation> added) {
    operations().insert(operations().end(), added.begin(), added.end());
  }
};

/// A tensor of a call as a view.
template <int Heads, int Dim>
headwise::head_view<bfloat16, Heads, Dim> heads(void* data, std::int64_t batch, std::int64_t tokens) {
  return headwise::batch_token_head_view<Heads, Dim>(static_cast<bfloat16*>(data), batch, tokens);
}

/// Numbers of a call that belong to heads and features.
inline std::span<const bfloat16> numbers(const void* data, std::size_t count) {
  return {static_cast<const bfloat16*>(data), count};
}

}  // namespace bench
