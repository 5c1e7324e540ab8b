// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/device_memory.cuh"

#include <doctest/doctest.h>

#include <span>
#include <utility>
#include <vector>

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
}

}  // namespace headwise::test
