// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace wsd_batch_size {

enum class number_kind {
  finite,
  absent,        ///< an empty field or a word for one: nan, none, null, na
  infinite,      ///< written as such
  out_of_range,  ///< of a double
  unreadable,    ///< no number
};

/// What stands in a field of numbers.
struct number_text {
  number_kind kind = number_kind::unreadable;
  double value = 0;  ///< of a finite one
  double unit = 0;   ///< what one more in its last digit would add; 0 of whole numbers, which are exact
};

/// Reads a number in the same way in every locale: 1000, 2.5e6, 64K, 1.5B or 512Ki. K, M, B (or G) and T are powers of
/// 1000, Ki, Mi, Gi and Ti of 1024.
number_text read_number(std::string_view text);

}  // namespace wsd_batch_size
