// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <headwise/cpu.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../measured.hpp"
#include "library.hpp"

namespace bench {

/// What the library does under a name.
struct operation {
  std::string name;
  void (*run)(const headwise_call&, headwise::host_workspace&);
};

/// The operations of one source file each.
std::vector<operation> forward_operations();
std::vector<operation> backward_operations();
std::vector<operation> decode_operations();

/// A contiguous tensor [Heads][tokens][Dim] as a view.
template <typename T, int Heads, int Dim>
headwise::head_view<T, Heads, Dim> heads(void* data, std::int64_t tokens) {
  return headwise::batch_head_token_view<Heads, Dim>(static_cast<T*>(data), 1, tokens);
}

template <typename Variant, typename T>
void attend(const headwise_call& call, headwise::host_workspace& scratch) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  using accumulator = typename Variant::template accumulator<T>;
  headwise::cpu_backend::attend(
      headwise::attend_arguments<Variant, T>{
          .q = heads<T, H, D>(call.q, call.queries),
          .k = heads<T, G, D>(call.k, call.keys),
          .v = heads<T, G, D>(call.v, call.keys),
          .out = heads<T, H, D>(call.out, call.queries),
          .lse = headwise::batch_head_scalar_view<H>(static_cast<accumulator*>(call.lse), 1, call.queries)},
      scratch);
}

/// Adds attention of one variant in these number types.
template <typename Variant, typename... Types>
void add_attend(std::vector<operation>& operations, std::string_view kind) {
  const auto name_in = [&](const char* type) {
    return std::string(kind) + "/" + std::string(Variant::name) + "/" + type;
  };
  (operations.push_back({name_in(name_of<Types>), attend<Variant, Types>}), ...);
}

}  // namespace bench
