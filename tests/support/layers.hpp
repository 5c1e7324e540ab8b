// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headwise/layer/attention_layer.hpp"
#include "support/head_tensor.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// Values per token, [batch][tokens][width], contiguous.
template <typename T>
struct token_tensor {
  std::int64_t batch;
  std::int64_t tokens;
  std::int64_t width;
  std::vector<T> values;

  token_tensor(std::int64_t batch_size, std::int64_t token_count, std::int64_t token_width, T value = T(0))
      : batch(batch_size),
        tokens(token_count),
        width(token_width),
        values(static_cast<std::size_t>(batch_size * token_count * token_width), value) {}

  token_view<T> view() { return batch_token_view(values.data(), batch, tokens, width); }
  token_view<const T> view() const { return batch_token_view(values.data(), batch, tokens, width); }

  /// The tokens [first, first + count) of every sequence.
  token_view<T> slice(std::int64_t first, std::int64_t count) {
    return {values.data() + first * width, batch, count, width, tokens * width, width};
  }
  token_view<const T> slice(std::int64_t first, std::int64_t count) const {
    return {values.data() + first * width, batch, count, width, tokens * width, width};
  }
};

template <typename T>
token_tensor<T> random_tokens(std::int64_t batch, std::int64_t tokens, std::int64_t width, random_numbers& random) {
  token_tensor<T> tensor(batch, tokens, width);
  tensor.values = random.normals<T>(batch * tokens * width);
  return tensor;
}

/// Gives every parameter a random value, biases, gains and mixing included: what starts at zero or one hides mistakes.
template <typename Parameters>
void randomize(Parameters& parameters, std::uint64_t seed) {
  random_numbers random(seed);
  parameters.for_each([&](std::string_view name, auto& values) {
    const bool is_gain = name.ends_with("gain");
    for (auto& value : values)
      value =
          converted<std::remove_reference_t<decltype(value)>>(is_gain ? 1 + random.normal() / 4 : random.normal() / 2);
  });
}

/// A layer with the parameters of another one, in another number type or on another backend.
template <typename To, typename From>
To with_parameters_of(const From& from) {
  To to(from.settings());
  std::vector<std::vector<double>> all;
  from.parameters().for_each(
      [&](std::string_view, const auto& values) { all.emplace_back(values.begin(), values.end()); });
  std::size_t next = 0;
  to.parameters().for_each([&](std::string_view, auto& values) {
    const std::vector<double>& source = all[next++];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = converted<typename To::scalar>(source[i]);
  });
  return to;
}

}  // namespace headwise::test
