// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "headwise/layer/attention_layer.hpp"
#include "headwise/named_variants.hpp"
#include "support/backends.hpp"
#include "support/layers.hpp"

namespace headwise::test {

using variant = mea_virtual_heads<4, 2, 8>;
using cache_type = kv_cache<variant>;

template <typename Call>
std::pair<std::string, std::string> refused(const Call& call) {
  try {
    call();
  } catch (const error& e) {
    return {e.argument() + " " + e.given(), e.needed()};
  }
  return {"nothing", ""};
}

TEST_CASE("a cache holds component heads only") {
  cache_type cache(2, 10);
  CHECK(cache.keys().heads == 2);
  CHECK(cache.values().heads == 2);
  CHECK(cache.keys().tokens == 10);
  CHECK(variant::kv_cache_bytes_per_token<float> == 2 * 2 * 8 * sizeof(float));
}

TEST_CASE("a cache grows, is cut and is cleared, sequence by sequence") {
  cache_type cache(2, 10);
  cache.extend(4, {});
  cache.extend(6, std::vector<std::int64_t>{1, 6});
  CHECK(cache.lengths()[0] == 5);
  CHECK(cache.lengths()[1] == 10);
  cache.truncate(1, 3);
  CHECK(cache.lengths()[1] == 3);
  cache.clear();
  CHECK(cache.lengths()[0] == 0);
}

TEST_CASE("a cache refuses what it cannot hold, and what it does not have") {
  using pair = std::pair<std::string, std::string>;
  CHECK(refused([] { cache_type(-1, 3); }) == pair{"batch -1", "zero or more"});
  CHECK(refused([] { cache_type(1, -3); }) == pair{"capacity -3", "zero or more"});
  cache_type cache(2, 10);
  cache.extend(9, {});
  CHECK(refused([&] { cache.extend(2, {}); }) == pair{"cache of capacity 10", "room for 11 tokens of sequence 0"});
  CHECK(refused([&] {
          cache.require_room(2, std::vector<std::int64_t>{1, 2});
        }) == pair{"cache of capacity 10", "room for 11 tokens of sequence 1"});
  CHECK(refused([&] { cache.truncate(2, 0); }) == pair{"b 2", "a sequence of the batch"});
  CHECK(refused([&] { cache.truncate(0, 10); }) == pair{"length 10", "from 0 to 9"});
  CHECK(cache.lengths()[0] == 9);
}

TEST_CASE_ON_EVERY_BACKEND("a layer refuses wrong calls by name, and leaves the cache unchanged") {
  using pair = std::pair<std::string, std::string>;
  using layer_type = attention_layer<variant, float, Backend>;
  const layer_type layer({.d_model = 6});
  typename layer_type::cache_type cache(2, 3);
  typename layer_type::workspace scratch;
  typename layer_type::saved_type saved;
  const token_tensor<float> x(2, 2, 6, 0.1F);
  token_tensor<float> y(2, 2, 6);
  layer.prefill(x.view(), y.view(), cache, scratch);
  CHECK(refused([&] { layer.prefill(x.view(), y.view(), cache, scratch); }) ==
        pair{"cache of capacity 3", "room for 4 tokens of sequence 0"});
  CHECK(cache.lengths()[0] == 2);
  CHECK(refused([&] { layer.decode(x.view(), y.view(), cache, scratch); }) ==
        pair{"x of 2 tokens", "one token per sequence"});
  const token_tensor<float> one(1, 1, 6);
  token_tensor<float> one_y(1, 1, 6);
  CHECK(refused([&] { layer.decode(one.view(), one_y.view(), cache, scratch); }) ==
        pair{"cache of batch 2", "batch 1"});
  const token_tensor<float> wide(2, 2, 7);
  CHECK(refused([&] { layer.forward(wide.view(), y.view(), saved, scratch); }) == pair{"x of width 7", "width 6"});
  token_tensor<float> few(2, 1, 6);
  CHECK(refused([&] { layer.forward(x.view(), few.view(), saved, scratch); }) == pair{"y of 1 tokens", "2 tokens"});
  const std::vector<std::int64_t> lengths{2, 3};
  CHECK(refused([&] { layer.forward(x.view(), y.view(), saved, scratch, {.lengths = lengths}); }) ==
        pair{"lengths 3", "lengths from 0 to 2"});
  auto gradients = layer.make_gradients();
  CHECK(refused([&] { layer.backward(x.view(), y.view(), saved, y.view(), gradients, scratch); }) ==
        pair{"saved of another call", "what forward saved for this x"});
  token_tensor<float> own(2, 2, 6, 0.1F);
  layer.forward(own.view(), y.view(), saved, scratch);
  CHECK(refused([&] { layer.backward(own.view(), y.view(), saved, own.view(), gradients, scratch); }) ==
        pair{"x_gradient overlapping x", "memory of its own"});
  token_view<float> all_in_one = y.view();
  all_in_one.batch_stride = 0;
  CHECK(refused([&] { layer.forward(own.view(), all_in_one, saved, scratch); }) ==
        pair{"y a broadcast view (a stride of zero)", "an element of its own everywhere"});
}

TEST_CASE("a preview of a cache has more tokens for as long as it lives") {
  cache_type cache(2, 10);
  cache.extend(3, {});
  {
    const std::vector<std::int64_t> counts{0, 4};
    const cache_type::preview preview(cache, 5, counts);
    CHECK(cache.lengths()[0] == 3);
    CHECK(cache.lengths()[1] == 7);
    const cache_type::preview more(cache, 3, {});
    CHECK(cache.lengths()[1] == 10);
  }
  CHECK(cache.lengths()[0] == 3);
  CHECK(cache.lengths()[1] == 3);
  CHECK(refused([&] { cache_type::preview(cache, 8, {}); }).first == "cache of capacity 10");
  CHECK(cache.lengths()[0] == 3);
}

TEST_CASE_ON_EVERY_BACKEND("the gradient of a layer's input may take the place of its output's") {
  using layer_type = attention_layer<variant, float, Backend>;
  const layer_type layer({.d_model = 6, .bias = true});
  random_numbers random(241);
  const auto x = random_tokens<float>(2, 3, 6, random);
  auto y = x;
  typename layer_type::saved_type saved;
  typename layer_type::workspace scratch;
  layer.forward(x.view(), y.view(), saved, scratch);
  const auto y_gradient = random_tokens<float>(2, 3, 6, random);
  auto apart = y_gradient;
  auto in_place = y_gradient;
  auto gradients = layer.make_gradients();
  auto other_gradients = layer.make_gradients();
  layer.backward(x.view(), y_gradient.view(), saved, apart.view(), gradients, scratch);
  layer.backward(x.view(), std::as_const(in_place).view(), saved, in_place.view(), other_gradients, scratch);
  CHECK(in_place.values == apart.values);
  CHECK(gradients.output_projection == other_gradients.output_projection);
  CHECK(gradients.query_projection == other_gradients.query_projection);
}

}  // namespace headwise::test
