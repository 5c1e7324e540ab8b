// SPDX-License-Identifier: Apache-2.0
#include "headwise/layer/saved_activations.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <new>
#include <vector>

#include "headwise/named_variants.hpp"

namespace headwise::test {

/// Memory that ends after so many buffers.
struct scarce_memory {
  static inline int buffers_left = 0;

  template <typename T>
  struct buffer : std::vector<T> {
    void resize(std::size_t size) {
      if (size > this->capacity() && buffers_left-- == 0) throw std::bad_alloc();
      std::vector<T>::resize(size);
    }
  };
};

TEST_CASE("activations that memory did not suffice for are those of no batch") {
  saved_activations<mea_virtual_heads<4, 2, 8>, float, scarce_memory> saved;
  scarce_memory::buffers_left = 100;
  saved.resize(2, 3);
  for (int buffers = 0; buffers < 4; ++buffers) {
    CAPTURE(buffers);
    scarce_memory::buffers_left = buffers;
    CHECK_THROWS_AS(saved.resize(200 + buffers, 30), std::bad_alloc);
    CHECK(saved.batch == 0);
    CHECK(saved.tokens == 0);
  }
  scarce_memory::buffers_left = 100;
  saved.resize(5, 7);
  CHECK(saved.batch == 5);
  CHECK(saved.tokens == 7);
  CHECK(saved.query.size() == 5 * 7 * 4 * 8);
}

}  // namespace headwise::test
