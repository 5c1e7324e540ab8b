// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/token_view.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

namespace headwise::test {

static_assert(std::is_convertible_v<token_view<float>, token_view<const float>>);
static_assert(!std::is_convertible_v<token_view<const float>, token_view<float>>);
static_assert(std::is_trivially_copyable_v<token_view<float>>);

TEST_CASE("batch_token_view reads [batch][tokens][width]") {
  std::vector<int> buffer(2 * 3 * 4);
  const token_view<int> view = batch_token_view(buffer.data(), 2, 3, 4);
  CHECK(view.row(0, 0) == buffer.data());
  CHECK(view.row(0, 1) == buffer.data() + 4);
  CHECK(view.row(1, 2) == buffer.data() + 20);
  const token_view<const int> readonly = view;
  CHECK(readonly.row(1, 2) == view.row(1, 2));
  CHECK(readonly.width == 4);
}

}  // namespace headwise::test
