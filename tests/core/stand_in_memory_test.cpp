// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/stand_in_memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>

namespace headwise::test {

TEST_CASE("stand-ins have sizes, and addresses that are aligned and no other's") {
  const auto address = [](const void* data) { return reinterpret_cast<std::uintptr_t>(data); };
  stand_in_buffer<double> a;
  CHECK(a.empty());
  a.resize(100);
  const stand_in_buffer<float> b(0);
  const stand_in_buffer<float> c(std::size_t{1} << 40);
  const stand_in_buffer<float> d(1);
  CHECK(a.size() == 100);
  CHECK(address(a.data()) != 0);
  CHECK(address(a.data()) % 256 == 0);
  CHECK(address(a.data() + 100) <= address(b.data()));
  CHECK(address(b.data()) < address(c.data()));
  CHECK(address(c.data()) + c.size() * sizeof(float) <= address(d.data()));
  const std::span<double> span = a;
  CHECK(span.data() == a.data());
  CHECK(span.size() == 100);
}

}  // namespace headwise::test
