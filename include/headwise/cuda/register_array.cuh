// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace headwise::cuda {

/// An array of as many elements as the integers say, for registers: every index is a constant.
template <typename T, int Count, int... More>
struct register_array_of {
  using type = typename register_array_of<T, More...>::type[static_cast<unsigned>(Count)];
};
/// The array of one extent.
template <typename T, int Count>
struct register_array_of<T, Count> {
  using type = T[static_cast<unsigned>(Count)];
};
/// That array.
template <typename T, int... Counts>
using register_array = typename register_array_of<T, Counts...>::type;

}  // namespace headwise::cuda
