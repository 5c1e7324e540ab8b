// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/headwise.hpp>
#include <string_view>

// Variants whose decoding is measured, beside that of others as well.

namespace bench {

struct multi_head : headwise::multi_head<32, 128> {
  static constexpr std::string_view name = "multi_head_32x128";
};
struct grouped_8 : headwise::grouped_query<32, 8, 128> {
  static constexpr std::string_view name = "grouped_query_32_8x128";
};
struct grouped_4 : headwise::grouped_query<32, 4, 128> {
  static constexpr std::string_view name = "grouped_query_32_4x128";
};
struct grouped_1 : headwise::grouped_query<32, 1, 128> {
  static constexpr std::string_view name = "grouped_query_32_1x128";
};

}  // namespace bench
