// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/batch_table.hpp"

#include <doctest/doctest.h>

#include "support/compare.hpp"
#include "support/errors.hpp"

namespace headwise::test {

TEST_CASE("between its rows a table is a power of tokens, beyond them constant") {
  const wsd::batch_table table({{100, 10}, {10000, 1000}, {40000, 4000}});
  CHECK(table(1) == 10);
  CHECK(table(100) == 10);
  CHECK(equal_up_to_rounding(table(1000), 100, 1000));
  CHECK(equal_up_to_rounding(table(20000), 2000, 20000));
  CHECK(table(1e9) == 4000);
}

TEST_CASE("tables that do not ascend are refused by name") {
  CHECK(refuses([] { wsd::batch_table({}); }, "rows", "empty", "at least one"));
  CHECK(refuses([] { wsd::batch_table({{2, 1}, {2, 1}}); }, "tokens", "2", "less than those of the next row, 2"));
  CHECK(refuses([] { wsd::batch_table({{2, -1}}); }, "batch", "-1", "a positive number"));
}

}  // namespace headwise::test
