// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/core/result_write.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "support/device_mirror.hpp"
#include "support/errors.hpp"

namespace headwise::test {

std::uintptr_t address_of(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

TEST_CASE("blocks of a workspace are aligned and apart, and come back when their frame ends") {
  cuda_workspace workspace({}, 4096);
  CHECK(workspace.capacity() == 4096);
  CHECK_FALSE(workspace.counts());
  void* inner_block = nullptr;
  {
    cuda_workspace::frame outer(workspace);
    const auto first = address_of(outer.take<char>(1));
    const auto second = address_of(outer.take<double>(32));
    CHECK(first % 256 == 0);
    CHECK(second == first + 256);
    {
      cuda_workspace::frame inner(workspace);
      inner_block = inner.take<float>(3);
      CHECK(address_of(inner_block) == second + 256);
      CHECK(&inner.workspace() == &workspace);
    }
    cuda_workspace::frame next(workspace);
    CHECK(next.take<char>(256) == inner_block);
  }
  CHECK(workspace.most_held() == 768);
}

TEST_CASE("a workspace on the caller's memory has all of it, and begins where blocks may") {
  device_buffer<std::byte> memory(4096);
  cuda_workspace workspace({}, std::span<std::byte>(memory.data() + 256, 768));
  {
    cuda_workspace::frame frame(workspace);
    CHECK(address_of(frame.take<char>(768)) == address_of(memory.data()) + 256);
    CHECK_THROWS_AS(frame.take<char>(1), error);
  }
  CHECK(workspace.capacity() == 768);
  CHECK(refuses([&] { cuda_workspace({}, std::span<std::byte>(memory.data() + 3, 4000)); }, "memory",
                "3 bytes behind a multiple of 256", "an address that is a multiple of 256"));
  CHECK(cuda_workspace({}, std::span<std::byte>()).capacity() == 0);
}

TEST_CASE("room is asked for before work starts, beside what is held") {
  cuda_workspace workspace({}, 1024);
  cuda_workspace::frame frame(workspace);
  frame.take<char>(512);
  int done = 0;
  const auto work_on = [&](std::int64_t bytes) {
    return [&done, bytes](cuda_workspace& w) {
      cuda_workspace::frame inner(w);
      inner.take<char>(bytes);
      if (!w.counts()) ++done;
    };
  };
  workspace.require_room(work_on(512));
  CHECK(refuses([&] { workspace.require_room(work_on(513)); }, "workspace", "of 1024 bytes", "at least 1280 bytes"));
  CHECK(done == 0);
  // Where work is counted there is room for all of it.
  cuda_workspace::counting().require_room(work_on(1 << 20));
}

TEST_CASE("a block that does not fit is refused with the bytes that there are and the bytes that it needs") {
  cuda_workspace workspace({}, 1024);
  cuda_workspace::frame frame(workspace);
  frame.take<char>(512);
  CHECK(refuses([&] { frame.take<char>(513); }, "workspace", "of 1024 bytes", "at least 1280 bytes"));
  // The refusal took nothing.
  CHECK(frame.take<char>(512) != nullptr);
  CHECK(refuses([&] { frame.take<char>(1); }, "workspace", "of 1024 bytes", "at least 1280 bytes"));
}

TEST_CASE("the bytes of work are counted where the most of it is held at a time, and nothing is done") {
  const std::size_t bytes = cuda_workspace::bytes_for([](cuda_workspace& counting) {
    CHECK(counting.counts());
    cuda_workspace::frame frame(counting);
    auto* const block = frame.take<float>(64);
    CHECK(block != nullptr);
    counting.fill_with_zeros(block, 64);
    for (int round = 0; round < 3; ++round) {
      cuda_workspace::frame inner(counting);
      inner.take<char>(256 * round);
    }
    const std::vector<std::int64_t> lengths(5);
    CHECK(cuda::device_lengths(lengths, frame) != nullptr);
  });
  CHECK(bytes == 256 + 512);
}

TEST_CASE("an operation in a workspace too small starts nothing") {
  using heads = head_view<float, 2, 4>;
  device_buffer<float> numbers;
  numbers.assign(std::vector<float>(2 * 24 + 8, 1.0F));
  const heads x = batch_token_head_view<2, 4>(numbers.data(), 1, 3);
  const heads y = batch_token_head_view<2, 4>(numbers.data() + 24, 1, 3);
  const std::span<const float> weight(numbers.data() + 48, 4);
  const std::span<float> weight_gradient(numbers.data() + 52, 4);
  const auto backward = [&](cuda_workspace& w) {
    cuda::mix_heads_backward(x, weight, x, y, result_write::overwrite, weight_gradient, w);
  };
  const std::size_t needed = cuda_workspace::bytes_for(backward);
  REQUIRE(needed > 0);
  cuda_workspace scarce({}, needed - 1);
  CHECK(refuses([&] { backward(scarce); }, "workspace", "of " + std::to_string(needed - 1) + " bytes",
                "at least " + std::to_string(needed) + " bytes"));
  CHECK(numbers.values() == std::vector<float>(2 * 24 + 8, 1.0F));
  cuda_workspace enough({}, needed);
  backward(enough);
  CHECK(numbers.values()[24] == 2.0F);
}

TEST_CASE("lengths reach the device, more of them than one launch carries as well") {
  for (const std::int64_t count : {0, 1, 447, 448, 449, 1000}) {
    CAPTURE(count);
    std::vector<std::int64_t> lengths;
    for (std::int64_t i = 0; i < count; ++i) lengths.push_back((std::int64_t{1} << 40) + i);
    const std::vector<std::int64_t> expected = lengths;
    cuda_workspace workspace({}, 1 << 14);
    cuda_workspace::frame frame(workspace);
    const std::int64_t* const there = cuda::device_lengths(lengths, frame);
    // The caller's memory may change at once.
    lengths.assign(lengths.size(), -1);
    CHECK((there == nullptr) == (count == 0));
    std::vector<std::int64_t> back(expected.size());
    cuda::copy_to_host(back.data(), there, back.size() * sizeof(std::int64_t), {});
    cuda::synchronize({});
    CHECK(back == expected);
  }
}

}  // namespace headwise::test
