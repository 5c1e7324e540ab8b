// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headwise/core/result_write.hpp"
#include "headwise/policies/head_norm.hpp"
#include "headwise/policies/positions.hpp"
#include "support/backends.hpp"
#include "support/errors.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

using numbers = std::vector<float>;

/// Tensors of four tokens in two sequences, and enough numbers for any matrix or gain.
struct four_tokens {
  head_tensor<float, 2, 4> two_heads{2, 2};
  head_tensor<float, 2, 4> two_more{2, 2};
  head_tensor<float, 3, 4> three_heads{2, 2};
  numbers six = numbers(6);
  numbers eight = numbers(8);
  numbers none{};
  host_workspace workspace{};
};

const std::string null = "a pointer to its elements";
const std::string own_elements = "an element of its own everywhere";
const std::string broadcast = "a broadcast view (a stride of zero)";

TEST_CASE_ON_EVERY_BACKEND("mix_heads refuses what does not fit") {
  four_tokens t;
  const auto refused = [&](const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    CHECK(refuses(
        [&] {
          head_view<const float, 2, 4> components = t.two_heads.view();
          std::span<const float> weight = t.six;
          head_view<float, 3, 4> composites = t.three_heads.view();
          spoil(components, weight, composites);
          Backend::mix_heads(components, weight, composites, t.workspace);
        },
        argument, given, needed));
  };
  refused([](auto& components, auto&, auto&) { components.data = nullptr; }, "components", "null", null);
  refused([](auto&, auto&, auto& composites) { composites.batch = 1; }, "composites", "of batch 1", "batch 2");
  refused([](auto&, auto&, auto& composites) { composites.tokens = 3; }, "composites", "of 3 tokens", "2 tokens");
  refused([](auto&, auto&, auto& composites) { composites.token_stride = 0; }, "composites", broadcast, own_elements);
  refused([](auto&, auto& weight, auto&) { weight = weight.first(5); }, "weight", "of 5 numbers", "6 numbers");
  refused([](auto& components, auto&, auto& composites) { components.data = composites.data; }, "composites",
          "overlapping components", "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("mix_heads_backward refuses what does not fit") {
  four_tokens t;
  const auto refused = [&](const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    CHECK(refuses(
        [&] {
          numbers sums(6);
          struct {
            head_view<const float, 2, 4> components;
            std::span<const float> weight;
            head_view<const float, 3, 4> composite_gradient;
            head_view<float, 2, 4> component_gradient;
            std::span<float> weight_gradient;
          } a{t.two_heads.view(), t.six, t.three_heads.view(), t.two_more.view(), sums};
          spoil(a);
          Backend::mix_heads_backward(a.components, a.weight, a.composite_gradient, a.component_gradient,
                                      result_write::add, a.weight_gradient, t.workspace);
        },
        argument, given, needed));
  };
  refused([](auto& a) { a.components.data = nullptr; }, "components", "null", null);
  refused([](auto& a) { a.composite_gradient.tokens = 1; }, "composite_gradient", "of 1 tokens", "2 tokens");
  refused([](auto& a) { a.component_gradient.batch = 3; }, "component_gradient", "of batch 3", "batch 2");
  refused([](auto& a) { a.component_gradient.head_stride = 0; }, "component_gradient", broadcast, own_elements);
  refused([](auto& a) { a.weight = a.weight.first(4); }, "weight", "of 4 numbers", "6 numbers");
  refused([](auto& a) { a.weight_gradient = {}; }, "weight_gradient", "of 0 numbers", "6 numbers");
  refused([&](auto& a) { a.component_gradient = t.two_heads.view(); }, "component_gradient", "overlapping components",
          "memory of its own");
  refused([](auto& a) { a.composite_gradient.data = a.component_gradient.data; }, "component_gradient",
          "overlapping composite_gradient", "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("norms refuse what does not fit") {
  four_tokens t;
  constexpr norm_settings settings{.gain = norm_gain::per_head};
  const auto refused = [&](const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    CHECK(refuses(
        [&] {
          head_view<const float, 2, 4> x = t.two_heads.view();
          std::span<const float> gain = t.eight;
          head_view<float, 2, 4> y = t.two_more.view();
          spoil(x, gain, y);
          Backend::template normalize_heads<settings>(x, gain, y, t.workspace);
        },
        argument, given, needed));
  };
  refused([](auto& x, auto&, auto&) { x.data = nullptr; }, "x", "null", null);
  refused([](auto&, auto& gain, auto&) { gain = gain.first(4); }, "gain", "of 4 numbers", "8 numbers");
  refused([](auto&, auto&, auto& y) { y.tokens = 1; }, "y", "of 1 tokens", "2 tokens");
  refused([](auto&, auto&, auto& y) { y.batch_stride = 0; }, "y", broadcast, own_elements);
  refused([](auto& x, auto&, auto& y) { x.data = y.data; }, "y", "overlapping x", "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("the backward of a norm refuses what does not fit") {
  four_tokens t;
  head_tensor<float, 2, 4> x(2, 2);
  const auto refused = [&](const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    CHECK(refuses(
        [&] {
          numbers gain(4);
          numbers sums(4);
          struct {
            head_view<const float, 2, 4> x;
            std::span<const float> gain;
            head_view<const float, 2, 4> y_gradient;
            head_view<float, 2, 4> x_gradient;
            std::span<float> gain_gradient;
          } a{x.view(), gain, t.two_heads.view(), t.two_more.view(), sums};
          spoil(a);
          Backend::template normalize_heads_backward<norm_settings{}>(a.x, a.gain, a.y_gradient, a.x_gradient,
                                                                      a.gain_gradient, t.workspace);
        },
        argument, given, needed));
  };
  refused([](auto& a) { a.x.data = nullptr; }, "x", "null", null);
  refused([](auto& a) { a.y_gradient.batch = 1; }, "y_gradient", "of batch 1", "batch 2");
  refused([](auto& a) { a.x_gradient.tokens = 3; }, "x_gradient", "of 3 tokens", "2 tokens");
  refused([](auto& a) { a.x_gradient.token_stride = 0; }, "x_gradient", broadcast, own_elements);
  refused([](auto& a) { a.gain = {}; }, "gain", "of 0 numbers", "4 numbers");
  refused([](auto& a) { a.gain_gradient = a.gain_gradient.first(1); }, "gain_gradient", "of 1 numbers", "4 numbers");
  refused([](auto& a) { a.x.data = a.x_gradient.data; }, "x_gradient", "overlapping x", "memory of its own");
  refused([](auto& a) { a.y_gradient.data = a.x_gradient.data; }, "x_gradient", "overlapping y_gradient",
          "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("rotation refuses what does not fit, and half of itself") {
  four_tokens t;
  const std::vector<std::int64_t> one_start(1);
  const auto refused = [&](const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    const auto arguments_with = [&](const auto& turn) {
      return [&, turn] {
        head_view<const float, 2, 4> x = t.two_heads.view();
        std::span<const std::int64_t> starts{};
        head_view<float, 2, 4> y = t.two_more.view();
        spoil(x, starts, y);
        turn(x, starts, y);
      };
    };
    const auto forward = arguments_with(
        [&](auto x, auto starts, auto y) { Backend::template rotate<rotary<>>(x, starts, y, t.workspace); });
    const auto backward = arguments_with(
        [&](auto x, auto starts, auto y) { Backend::template rotate_backward<rotary<>>(x, starts, y, t.workspace); });
    CHECK(refuses(forward, argument, given, needed));
    CHECK(refuses(backward, argument, given, needed));
  };
  refused([](auto& x, auto&, auto&) { x.data = nullptr; }, "x", "null", null);
  refused([](auto&, auto&, auto& y) { y.batch = 1; }, "y", "of batch 1", "batch 2");
  refused([](auto&, auto&, auto& y) { y.head_stride = 0; }, "y", broadcast, own_elements);
  refused([&](auto&, auto& starts, auto&) { starts = one_start; }, "first_positions", "of 1 numbers", "2 numbers");
  refused([](auto& x, auto&, auto& y) { x.data = y.data + 1; }, "y", "overlapping x", "memory of its own");
}

TEST_CASE_ON_EVERY_BACKEND("append_heads refuses what does not fit") {
  four_tokens t;
  head_tensor<float, 2, 4> cache(2, 5);
  const auto refused = [&](const std::vector<std::int64_t>& counts, const std::vector<std::int64_t>& lengths,
                           const auto& spoil, const std::string& argument, const std::string& given,
                           const std::string& needed) {
    CHECK(refuses(
        [&] {
          head_view<const float, 2, 4> x = t.two_heads.view();
          head_view<float, 2, 4> slots = cache.view();
          spoil(x, slots);
          Backend::append_heads(x, std::span<const std::int64_t>(counts), std::span<const std::int64_t>(lengths), slots,
                                t.workspace);
        },
        argument, given, needed));
  };
  const auto nothing = [](auto&, auto&) {};
  refused(
      {}, {0, 0}, [](auto& x, auto&) { x.data = nullptr; }, "x", "null", null);
  refused(
      {}, {0, 0}, [](auto&, auto& slots) { slots.batch = 1; }, "slots", "of batch 1", "batch 2");
  refused(
      {}, {0, 0}, [](auto&, auto& slots) { slots.token_stride = 0; }, "slots", broadcast, own_elements);
  refused(
      {}, {0, 0}, [&](auto&, auto& slots) { slots.data = t.two_heads.view().data; }, "slots", "overlapping x",
      "memory of its own");
  refused({1}, {0, 0}, nothing, "counts", "of 1 lengths", "one for each of 2 sequences");
  refused({1, 3}, {0, 0}, nothing, "counts", "3", "lengths from 0 to 2");
  refused({}, {0}, nothing, "lengths", "of 1 numbers", "2 numbers");
  refused({}, {-1, 0}, nothing, "lengths", "-1", "lengths from 0 to 5");
  refused({}, {0, 6}, nothing, "lengths", "6", "lengths from 0 to 5");
  refused({}, {0, 4}, nothing, "slots", "of 5 tokens", "room for 6 tokens");
  refused({1, 2}, {4, 4}, nothing, "slots", "of 5 tokens", "room for 6 tokens");
}

}  // namespace headwise::test
