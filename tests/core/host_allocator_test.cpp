// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/host_allocator.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

namespace headwise::test {
namespace {

template <typename T>
using numbers = std::vector<T, host_allocator<T>>;

std::uintptr_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

TEST_CASE("numbers start at a cache line, however few there are") {
  for (const std::size_t count : {1U, 3U, 1000U}) {
    CHECK(address_of(numbers<char>(count).data()) % 64 == 0);
    CHECK(address_of(numbers<double>(count).data()) % 64 == 0);
  }
}

TEST_CASE("what is as large as two huge pages starts at one") {
  constexpr std::size_t page = std::size_t{1} << 21;
  numbers<char> large(2 * page);
  CHECK(address_of(large.data()) % page == 0);
  large.front() = 1;
  large.back() = 2;
  // Growing moves numbers from one kind of block to the other, and shrinking moves them back.
  numbers<char> grows(3, 7);
  grows.resize(3 * page, 8);
  CHECK(grows[2] == 7);
  CHECK(grows.back() == 8);
  grows.resize(5);
  grows.shrink_to_fit();
  CHECK(grows == numbers<char>{7, 7, 7, 8, 8});
}

TEST_CASE("more numbers than an address space holds are refused") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(host_allocator<double>().allocate(most / 4), std::bad_alloc);
}

TEST_CASE("allocators are interchangeable") { CHECK(host_allocator<float>() == host_allocator<char>()); }

}  // namespace
}  // namespace headwise::test
