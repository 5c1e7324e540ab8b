// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "program_support/usage_error.hpp"

namespace language_model {

// Heads are known at compile time, so a program holds a list of the shapes it was compiled for.

template <int Heads, int HeadDim>
struct head_shape {
  static constexpr int heads = Heads;
  static constexpr int head_dim = HeadDim;
  static constexpr int d_model = Heads * HeadDim;
};

template <typename... Shapes>
struct head_shapes {
  /// Calls `use(shape)` for the shape asked for; false if it is not in the list.
  template <typename Use>
  static bool select(std::int64_t d_model, std::int64_t heads, const Use& use) {
    const auto try_one = [&](auto shape) {
      if (shape.d_model != d_model || shape.heads != heads) return false;
      use(shape);
      return true;
    };
    return (try_one(Shapes{}) || ...);
  }

  static std::string text() {
    std::string all;
    ((all += (all.empty() ? "" : ", ") + ("--d-model " + std::to_string(Shapes::d_model)) + " --heads " +
             std::to_string(Shapes::heads)),
     ...);
    return all;
  }
};

using compiled_shapes = head_shapes<head_shape<4, 16>, head_shape<8, 16>, head_shape<8, 32>>;

/// Throws `usage_error` unless the shape was compiled.
inline void require_compiled(std::int64_t d_model, std::int64_t heads) {
  if (compiled_shapes::select(d_model, heads, [](auto) {})) return;
  const bool divides = heads > 0 && d_model % heads == 0;
  throw program::usage_error("--heads " + std::to_string(heads) + (divides ? " with" : " does not divide") +
                             " --d-model " + std::to_string(d_model) + (divides ? " is not compiled in" : "") +
                             "; choose one of: " + compiled_shapes::text());
}

}  // namespace language_model
