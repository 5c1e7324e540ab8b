// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/add.cuh"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "headwise/cuda/device_memory.cuh"
#include "support/errors.hpp"
#include "support/random.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE("numbers are added to sums one by one", T, float, double, bfloat16, float16) {
  random_numbers random(311);
  for (const std::int64_t count : {0, 1, 255, 256, 1000}) {
    CAPTURE(count);
    const std::vector<T> numbers = random.normals<T>(count);
    const std::vector<T> before = random.normals<T>(count);
    device_buffer<T> added;
    device_buffer<T> sums;
    added.assign(numbers);
    sums.assign(before);
    cuda_workspace workspace({}, 0);
    cuda::add<T>(added, std::span<T>(sums), workspace);
    std::vector<T> expected = before;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = T(sum_type<T>(before[i]) + sum_type<T>(numbers[i]));
    CHECK(sums.values() == expected);
  }
}

}  // namespace headwise::test
