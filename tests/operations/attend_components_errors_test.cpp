// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/component_tensors.hpp"
#include "support/errors.hpp"

namespace headwise::test {

/// Its composite heads are built before attention starts, so that nothing but a check keeps a wrong call from reading
/// and writing where it must not.
struct expanded : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<3>, value_dim<5>,
                                    linear_head_mixing, norm_after_mixing<>> {};

/// Decoding reads its components directly.
struct absorbed : attention_variant<query_heads<4>, component_heads<2>, head_dim<3>, value_dim<5>, linear_head_mixing> {
};

template <typename Backend, typename Variant, typename Spoil>
verdict call_refuses(const Spoil& spoil, const std::string& argument, const std::string& given,
                     const std::string& needed) {
  auto t = random_component_tensors<Variant, float>({.batch = 2, .queries = 1, .keys = 4}, 1);
  host_workspace workspace;
  return refuses(
      [&] {
        auto a = t.arguments();
        spoil(a);
        Backend::attend_components(a, workspace);
      },
      argument, given, needed);
}

TEST_CASE_ON_EVERY_BACKEND("attend_components refuses what attend refuses") {
  const auto refused = [](const auto& spoil, const std::string& argument, const std::string& given,
                          const std::string& needed) {
    CHECK(call_refuses<Backend, expanded>(spoil, argument, given, needed));
    CHECK(call_refuses<Backend, absorbed>(spoil, argument, given, needed));
  };
  refused([](auto& a) { a.k.batch = 1; }, "k", "of batch 1", "batch 2");
  refused([](auto& a) { a.v.tokens = 3; }, "v", "of 3 tokens", "4 tokens");
  refused([](auto& a) { a.k.data = nullptr; }, "k", "null", "a pointer to its elements");
  refused([](auto& a) { a.out.tokens = 2; }, "out", "of 2 tokens", "1 tokens");
  refused([](auto& a) { a.out.head_stride = 0; }, "out", "a broadcast view (a stride of zero)",
          "an element of its own everywhere");
  refused([](auto& a) { a.lse.batch = 1; }, "lse", "of batch 1", "batch 2");
  std::vector<float> shared(200);
  const auto shares = [&](auto& a) {
    a.v.data = shared.data();
    a.out.data = shared.data();
  };
  refused(shares, "out", "overlapping v", "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("attend_components refuses lengths before it reads by them") {
  const auto refused = [](const std::vector<std::int64_t>& lengths, const std::string& given,
                          const std::string& needed) {
    const auto spoil = [&](auto& a) { a.key_lengths = lengths; };
    CHECK(call_refuses<Backend, expanded>(spoil, "key_lengths", given, needed));
    CHECK(call_refuses<Backend, absorbed>(spoil, "key_lengths", given, needed));
  };
  refused({4, 100}, "100", "lengths from 0 to 4");
  refused({-1, -1}, "-1", "lengths from 0 to 4");
  refused({1}, "of 1 lengths", "one for each of 2 sequences");
}

TEST_CASE_ON_EVERY_BACKEND("attend_components refuses matrices and gains of other sizes") {
  const std::vector<float> numbers(3);
  const auto spoiled = [&](auto member) { return [&numbers, member](auto& a) { a.*member = numbers; }; };
  using arguments = attend_components_arguments<expanded, float>;
  CHECK(call_refuses<Backend, expanded>(spoiled(&arguments::key_weight), "key_weight", "of 3 numbers", "6 numbers"));
  CHECK(
      call_refuses<Backend, expanded>(spoiled(&arguments::value_weight), "value_weight", "of 3 numbers", "6 numbers"));
  CHECK(call_refuses<Backend, expanded>([](auto& a) { a.composite_key_gain = {}; }, "composite_key_gain",
                                        "of 0 numbers", "3 numbers"));
  CHECK(call_refuses<Backend, expanded>(spoiled(&arguments::composite_value_gain), "composite_value_gain",
                                        "of 3 numbers", "5 numbers"));
  CHECK(call_refuses<Backend, absorbed>([](auto& a) { a.key_weight = {}; }, "key_weight", "of 0 numbers", "8 numbers"));
  using absorbed_arguments = attend_components_arguments<absorbed, float>;
  CHECK(call_refuses<Backend, absorbed>(spoiled(&absorbed_arguments::composite_key_gain), "composite_key_gain",
                                        "of 3 numbers", "0 numbers"));
}

}  // namespace headwise::test
