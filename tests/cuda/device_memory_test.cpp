// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/device_memory.cuh"

#include <doctest/doctest.h>

#include <span>
#include <utility>
#include <vector>

#include "support/device_mirror.hpp"

namespace headwise::test {

TEST_CASE("a device buffer holds what it was given, and its copies are their own") {
  const std::vector<float> numbers = {1, 2, 3};
  device_buffer<float> a;
  CHECK(a.empty());
  a.assign(numbers);
  device_buffer<float> b = a;
  CHECK(b.data() != a.data());
  b.assign(std::vector<float>{4});
  CHECK(a.values() == numbers);
  CHECK(b.values() == std::vector<float>{4});
  b = a;
  CHECK(b.values() == numbers);
  const device_buffer<float>& itself = b;
  b = itself;
  CHECK(b.values() == numbers);
}

TEST_CASE("a device buffer that is moved gives its memory away") {
  device_buffer<int> a;
  a.assign(std::vector<int>{1, 2});
  const int* const memory = a.data();
  device_buffer<int> b = std::move(a);
  CHECK(b.data() == memory);
  device_buffer<int> c(5);
  c = std::move(b);
  CHECK(c.data() == memory);
  CHECK(c.values() == std::vector<int>{1, 2});
}

TEST_CASE("a device buffer allocates only beyond its capacity") {
  device_buffer<double> a(10);
  const double* const memory = a.data();
  a.resize(0);
  a.resize(7);
  CHECK(a.size() == 7);
  CHECK(a.capacity() == 10);
  CHECK(a.data() == memory);
  a.resize(11);
  CHECK(a.capacity() == 11);
  a.resize(0);
  CHECK(a.values().empty());
}

TEST_CASE("a device buffer turns into a span as a vector does") {
  device_buffer<float> a(3);
  const device_buffer<float>& constant = a;
  const std::span<float> to = a;
  const std::span<const float> from = constant;
  const std::span<const float> also = a;
  CHECK(to.data() == a.data());
  CHECK(from.size() == 3);
  CHECK(also.data() == a.data());
}

TEST_CASE("the memory of the CUDA backend stores, loads and sets to zero") {
  device_buffer<float> a;
  cuda_memory::store(a, std::vector<float>{1, 2});
  CHECK(cuda_memory::load(a) == std::vector<float>{1, 2});
  cuda_memory::set_zero(a);
  CHECK(cuda_memory::load(a) == std::vector<float>{0, 0});
  cuda_memory::store(a, std::vector<float>{3});
  cuda_workspace workspace({}, 0);
  cuda_memory::set_zero(a, workspace);
  CHECK(cuda_memory::load(a) == std::vector<float>{0});
  cuda_memory::store(a, std::vector<float>{4, 5}, workspace);
  CHECK(cuda_memory::load(a, workspace) == std::vector<float>{4, 5});
}

TEST_CASE("what tests see on a device: a number written beside an output, or to what may only be read") {
  const std::vector<float> input = {1, 2, 3};
  std::vector<float> output = {4, 5, 6};
  const auto others_stay = [&](const auto& place_of) {
    device_mirror mirror;
    const std::span<const float> read = input;
    const std::span<float> written = output;
    mirror.cover(read);
    mirror.cover(written);
    mirror.upload();
    cuda::fill_with_zeros(const_cast<float*>(place_of(mirror.at(read).data(), mirror.at(written).data())),
                          sizeof(float), {});
    return mirror.download();
  };
  CHECK(others_stay([](const float*, float* to) { return to + 2; }));
  CHECK(output == std::vector<float>{4, 5, 0});
  CHECK_FALSE(others_stay([](const float*, float* to) { return to + 3; }));
  CHECK_FALSE(others_stay([](const float*, float* to) { return to - 1; }));
  CHECK_FALSE(others_stay([](const float* from, float*) { return from; }));
  CHECK(output == std::vector<float>{4, 5, 0});
}

}  // namespace headwise::test
