// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "headwise/layer/attention_parameters.hpp"
#include "headwise/named_variants.hpp"

namespace headwise::test {

struct every_parameter : attention_variant<query_heads<4>, composite_heads<2>, component_heads<3>, head_dim<8>,
                                           value_dim<6>, linear_key_mixing, low_rank_value_mixing<2>,
                                           norm_before_mixing<>, norm_after_mixing<>, norm_after_attention<>> {};

template <typename Variant>
std::vector<std::string> names(bool bias) {
  const attention_parameters<Variant, float> parameters({.d_model = 16, .bias = bias});
  std::vector<std::string> all;
  parameters.for_each([&](std::string_view name, const auto&) { all.emplace_back(name); });
  return all;
}

TEST_CASE("parameters are visited by name, and only those that the variant has") {
  CHECK(names<multi_head<2, 8>>(false) ==
        std::vector<std::string>{"query_projection", "key_projection", "value_projection", "output_projection"});
  CHECK(names<mea<2, 8>>(true) == std::vector<std::string>{"query_projection", "key_projection", "value_projection",
                                                           "output_projection", "query_bias", "key_bias", "value_bias",
                                                           "output_bias", "key_mixing", "value_mixing", "output_gain"});
  CHECK(names<every_parameter>(true).size() == 15);
}

TEST_CASE_TEMPLATE("there are as many parameters as the variant says", Variant, every_parameter, multi_head<2, 8>,
                   grouped_query<4, 2, 6>, mea_virtual_heads<4, 2, 4>) {
  for (const bool bias : {false, true})
    CHECK(attention_parameters<Variant, float>({.d_model = 24, .bias = bias}).count() == Variant::parameters(24, bias));
}

TEST_CASE("a layer of as many component as composite heads starts as plain attention") {
  attention_parameters<mea<3, 4>, double> parameters({.d_model = 8, .initial_gain = 0.3});
  parameters.initialize({.d_model = 8, .initial_gain = 0.3});
  CHECK(parameters.key_mixing == std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(parameters.value_mixing == parameters.key_mixing);
  CHECK(parameters.output_gain == std::vector<double>(4, 0.3));
}

TEST_CASE("the seed decides the first weights, and zeros are zeros again") {
  const attention_layer_settings settings{.d_model = 8, .seed = 7};
  attention_parameters<mea<3, 4>, float> a(settings);
  attention_parameters<mea<3, 4>, float> b(settings);
  a.initialize(settings);
  b.initialize(settings);
  CHECK(a.query_projection == b.query_projection);
  b.initialize({.d_model = 8, .seed = 8});
  CHECK(a.query_projection != b.query_projection);
  a.set_zero();
  a.for_each([](std::string_view, const auto& values) {
    CHECK(std::all_of(values.begin(), values.end(), [](float value) { return value == 0; }));
  });
}

TEST_CASE("parameters are taken over with a workspace as without") {
  const attention_layer_settings settings{.d_model = 8, .bias = true, .seed = 7};
  attention_parameters<mea<3, 4>, float> from(settings);
  from.initialize(settings);
  attention_parameters<mea<3, 4>, float> without(settings);
  attention_parameters<mea<3, 4>, float> with(settings);
  host_workspace workspace;
  without.assign(from);
  with.assign(from, workspace);
  CHECK(without.query_projection == from.query_projection);
  CHECK(with.query_projection == from.query_projection);
  CHECK(with.output_gain == from.output_gain);
}

TEST_CASE("a width that is not positive is refused") {
  try {
    const attention_parameters<multi_head<2, 8>, float> parameters({.d_model = 0});
    CHECK(false);
  } catch (const error& e) {
    CHECK(e.argument() == "d_model");
    CHECK(e.given() == "0");
    CHECK(e.needed() == "a positive number");
  }
}

}  // namespace headwise::test
