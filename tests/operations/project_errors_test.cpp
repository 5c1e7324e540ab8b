// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include "headwise/core/result_write.hpp"
#include "support/backends.hpp"
#include "support/errors.hpp"

namespace headwise::test {

/// Two sequences of two tokens, from three features to five.
struct projection {
  std::vector<float> x_values = std::vector<float>(12);
  std::vector<float> y_values = std::vector<float>(20);
  std::vector<float> weight_values = std::vector<float>(15);
  std::vector<float> bias_values = std::vector<float>(5);
  token_view<float> x = batch_token_view(x_values.data(), 2, 2, 3);
  token_view<float> y = batch_token_view(y_values.data(), 2, 2, 5);
  std::span<float> weight{weight_values};
  std::span<float> bias{bias_values};
  host_workspace workspace{};
};

const std::string pointer = "a pointer to its elements";
const std::string broadcast = "a broadcast view (a stride of zero)";
const std::string own_elements = "an element of its own everywhere";
const std::string own_memory = "memory of its own";

template <typename Call>
auto refusal_of(const Call& call) {
  return [&call](const auto& spoil, const std::string& argument, const std::string& given, const std::string& needed) {
    projection p;
    spoil(p);
    CHECK(refuses([&] { call(p); }, argument, given, needed));
  };
}

TEST_CASE_ON_EVERY_BACKEND("project refuses what does not fit") {
  const auto call = [](projection& p) {
    Backend::project(token_view<const float>(p.x), std::span<const float>(p.weight), std::span<const float>(p.bias),
                     p.y, p.workspace);
  };
  const auto refused = refusal_of(call);
  refused([](projection& p) { p.x.data = nullptr; }, "x", "null", pointer);
  refused([](projection& p) { p.y.data = nullptr; }, "y", "null", pointer);
  refused([](projection& p) { p.y.batch = 1; }, "y", "of batch 1", "batch 2");
  refused([](projection& p) { p.y.tokens = 3; }, "y", "of 3 tokens", "2 tokens");
  refused([](projection& p) { p.y.width = 4; }, "weight", "of 15 numbers", "12 numbers");
  refused([](projection& p) { p.weight = p.weight.first(14); }, "weight", "of 14 numbers", "15 numbers");
  refused([](projection& p) { p.bias = p.bias.first(3); }, "bias", "of 3 numbers", "5 numbers");
  refused([](projection& p) { p.y.batch_stride = 0; }, "y", broadcast, own_elements);
  refused([](projection& p) { p.y.token_stride = 0; }, "y", broadcast, own_elements);
  refused([](projection& p) { p.x.data = p.y.data + 3; }, "y", "overlapping x", own_memory);
}

TEST_CASE_ON_EVERY_BACKEND("the gradient of a projection's input refuses what does not fit") {
  const auto call = [](projection& p) {
    Backend::project_backward_input(token_view<const float>(p.y), std::span<const float>(p.weight), p.x,
                                    result_write::add, p.workspace);
  };
  const auto refused = refusal_of(call);
  refused([](projection& p) { p.y.data = nullptr; }, "y_gradient", "null", pointer);
  refused([](projection& p) { p.x.data = nullptr; }, "x_gradient", "null", pointer);
  refused([](projection& p) { p.x.batch = 3; }, "x_gradient", "of batch 3", "batch 2");
  refused([](projection& p) { p.x.tokens = 1; }, "x_gradient", "of 1 tokens", "2 tokens");
  refused([](projection& p) { p.weight = {}; }, "weight", "of 0 numbers", "15 numbers");
  refused([](projection& p) { p.x.batch_stride = 0; }, "x_gradient", broadcast, own_elements);
  refused([](projection& p) { p.x.data = p.y.data; }, "x_gradient", "overlapping y_gradient", own_memory);
}

TEST_CASE_ON_EVERY_BACKEND("a projection may share its inputs, and lie beside them in one buffer") {
  projection p;
  std::vector<float> packed(2 * 2 * 8, 1.0F);
  p.weight_values.assign(15, 1.0F);
  const token_view<const float> x{packed.data(), 2, 2, 3, 0, 8};
  const token_view<float> y{packed.data() + 3, 2, 2, 5, 16, 8};
  Backend::project(x, std::span<const float>(p.weight), std::span<const float>{}, y, p.workspace);
  CHECK(packed[0] == 1.0F);
  CHECK(packed[3] == 3.0F);
  CHECK(packed[31] == 3.0F);
}

TEST_CASE_ON_EVERY_BACKEND("the gradients of a projection's parameters refuse what does not fit") {
  const auto call = [](projection& p) {
    Backend::project_backward_parameters(token_view<const float>(p.x), token_view<const float>(p.y), p.weight, p.bias,
                                         result_write::overwrite, p.workspace);
  };
  const auto refused = refusal_of(call);
  refused([](projection& p) { p.x.data = nullptr; }, "x", "null", pointer);
  refused([](projection& p) { p.y.batch = 1; }, "y_gradient", "of batch 1", "batch 2");
  refused([](projection& p) { p.y.tokens = 1; }, "y_gradient", "of 1 tokens", "2 tokens");
  refused([](projection& p) { p.weight = p.weight.first(2); }, "weight_gradient", "of 2 numbers", "15 numbers");
  refused([](projection& p) { p.bias = p.bias.first(2); }, "bias_gradient", "of 2 numbers", "5 numbers");
}

}  // namespace headwise::test
