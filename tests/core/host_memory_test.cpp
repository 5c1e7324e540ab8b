// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/host_memory.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/random.hpp"

namespace headwise::test {

static_assert(std::is_same_v<host_memory::workspace, host_workspace>);
static_assert(std::is_same_v<host_memory::buffer<float>, std::vector<float>>);
static_assert(std::is_same_v<host_memory::cache_buffer<float>, std::vector<float, host_allocator<float>>>);
static_assert(host_workspace::bytes_for<float>(0) == 0);
static_assert(host_workspace::bytes_for<float>(1) == host_workspace::alignment);
static_assert(host_workspace::bytes_for<float>(16) == 64);
static_assert(host_workspace::bytes_for<double>(9) == 128);

bool is_aligned(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % host_workspace::alignment == 0; }

TEST_CASE("blocks are aligned and do not overlap") {
  host_workspace workspace;
  host_workspace::frame frame(workspace);
  std::vector<char*> blocks;
  std::vector<std::int64_t> sizes;
  random_numbers random(1);
  for (int i = 0; i < 50; ++i) {
    sizes.push_back(random.between(0, 3000));
    blocks.push_back(frame.take<char>(sizes.back()));
    CHECK(is_aligned(blocks.back()));
    for (std::int64_t n = 0; n < sizes.back(); ++n) blocks.back()[n] = static_cast<char>(i);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i)
    for (std::int64_t n = 0; n < sizes[i]; ++n) REQUIRE(blocks[i][n] == static_cast<char>(i));
}

TEST_CASE("frames nest: an inner frame gives its blocks back and leaves the outer ones alone") {
  host_workspace workspace;
  host_workspace::frame outer(workspace);
  int* kept = outer.take<int>(10);
  kept[9] = 42;
  int* first = nullptr;
  {
    host_workspace::frame inner(workspace);
    first = inner.take<int>(1000);
    first[999] = 1;
    host_workspace::frame innermost(workspace);
    CHECK(innermost.take<int>(5) != first);
  }
  host_workspace::frame next(workspace);
  CHECK(next.take<int>(1000) == first);
  CHECK(kept[9] == 42);
}

TEST_CASE("a workspace grows while frames are held, and is one block afterwards") {
  host_workspace workspace;
  CHECK(workspace.capacity() == 0);
  {
    host_workspace::frame frame(workspace);
    for (int i = 1; i <= 6; ++i) frame.take<double>(100 * i);
  }
  const std::size_t capacity = workspace.capacity();
  CHECK(capacity >= 8 * 2100);
  CHECK(capacity < 8 * 2100 + 6 * host_workspace::alignment);

  // In the steady state, the same need is met from the same memory.
  double* start = nullptr;
  for (int repeat = 0; repeat < 3; ++repeat) {
    host_workspace::frame frame(workspace);
    double* block = frame.take<double>(100);
    if (repeat > 0) CHECK(block == start);
    start = block;
    for (int i = 2; i <= 6; ++i) frame.take<double>(100 * i);
    CHECK(workspace.capacity() == capacity);
  }
}

TEST_CASE("a need that grows by little every time is met by few allocations") {
  host_workspace workspace;
  const auto use = [&](std::int64_t tokens) {
    host_workspace::frame frame(workspace);
    frame.take<double>(tokens);
    frame.take<double>(2 * tokens);
  };
  use(1000);
  const std::size_t counted = allocations_of([&] {
    for (std::int64_t tokens = 1001; tokens <= 4000; ++tokens) use(tokens);
  });
  CHECK(counted > 0);
  CHECK(counted < 50);
  CHECK(workspace.capacity() < 3 * 4000 * sizeof(double) * 5 / 4 + 1000);
}

TEST_CASE("reserved memory serves any need up to it") {
  host_workspace workspace;
  workspace.reserve(10000);
  CHECK(workspace.capacity() == 10000);
  workspace.reserve(100);
  CHECK(workspace.capacity() == 10000);
  {
    host_workspace::frame frame(workspace);
    frame.take<std::byte>(9900);
    workspace.reserve(20000);  // too late: blocks are held
    CHECK(workspace.capacity() == 10000);
  }
  workspace.reserve(20000);
  CHECK(workspace.capacity() == 20000);
}

TEST_CASE("an empty block costs nothing and is not null") {
  host_workspace workspace;
  workspace.reserve(64);
  host_workspace::frame frame(workspace);
  CHECK(frame.take<double>(0) != nullptr);
  frame.take<double>(8);
  CHECK(frame.take<double>(0) != nullptr);
  CHECK(workspace.capacity() == 64);
}

TEST_CASE("frames of random sizes always give disjoint blocks") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random(seed);
    host_workspace workspace;
    for (int round = 0; round < 4; ++round) {
      host_workspace::frame outer(workspace);
      const std::int64_t size = random.between(0, 500);
      auto* kept = outer.take<std::int64_t>(size);
      for (std::int64_t i = 0; i < size; ++i) kept[i] = i;
      for (int inner = 0; inner < 4; ++inner) {
        host_workspace::frame frame(workspace);
        for (int blocks = 0; blocks < 4; ++blocks) {
          const std::int64_t count = random.between(0, 800);
          auto* block = frame.take<std::int64_t>(count);
          for (std::int64_t i = 0; i < count; ++i) block[i] = -1;
        }
      }
      for (std::int64_t i = 0; i < size; ++i) REQUIRE(kept[i] == i);
    }
  }
}

}  // namespace headwise::test
