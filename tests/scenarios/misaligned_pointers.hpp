// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/attend_elsewhere.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct whole_packets : attention_variant<query_heads<2>, head_dim<32>, causal_mask> {};
struct broken_packets : attention_variant<query_heads<2>, head_dim<33>, value_dim<17>, causal_mask> {};

/// A tensor that starts `shift` elements behind an address that every vector instruction likes.
template <typename Scalar, int Heads, int Dim>
class shifted_copy {
 public:
  shifted_copy(const head_tensor<Scalar, Heads, Dim>& from, std::size_t shift)
      : batch_(from.batch()), tokens_(from.tokens()), storage_(values_of(from).size() + shift + 64 / sizeof(Scalar)) {
    void* start = storage_.data();
    std::size_t space = storage_.size() * sizeof(Scalar);
    std::align(64, sizeof(Scalar), start, space);
    data_ = static_cast<Scalar*>(start) + shift;
    const std::vector<Scalar> values = values_of(from);
    std::copy(values.begin(), values.end(), data_);
  }
  head_view<Scalar, Heads, Dim> view() const { return batch_token_head_view<Heads, Dim>(data_, batch_, tokens_); }

 private:
  std::int64_t batch_;
  std::int64_t tokens_;
  std::vector<Scalar> storage_;
  Scalar* data_;
};

TEST_CASE_TEMPLATE_DEFINE("any address that a number may have is good, for every tensor by itself", Setting,
                          any_address) {
  using scalar = typename Setting::scalar;
  for (const std::int64_t tokens : {1, 40}) {
    CAPTURE(tokens);
    auto expected =
        random_attend_tensors<typename Setting::variant, scalar>({.batch = 2, .queries = tokens, .keys = tokens}, 161);
    backend_runner<typename Setting::backend>::attend(expected);
    // Every tensor is shifted in its own way, so that sources and destinations differ in alignment.
    for (std::size_t shift = 0; shift < 64 / sizeof(scalar); shift += 3) {
      CAPTURE(shift);
      check_elsewhere<typename Setting::backend>(
          expected, [&](const auto& tensor, std::size_t index) { return shifted_copy(tensor, shift + index); });
    }
  }
}

}  // namespace headwise::test
