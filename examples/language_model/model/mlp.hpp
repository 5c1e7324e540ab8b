// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <headwise/core/token_view.hpp>
#include <vector>

#include "model/gelu.hpp"
#include "model/linear.hpp"
#include "model/parallel.hpp"
#include "model/random.hpp"

namespace language_model {

/// The two-layer perceptron of a block: y = gelu(x up) down, four times as wide inside.
template <int Width, typename Scalar, typename Backend>
class mlp {
  using tokens_in = headwise::token_view<const Scalar>;
  using tokens_out = headwise::token_view<Scalar>;
  using workspace = typename Backend::workspace;
  static constexpr int hidden_width = 4 * Width;

 public:
  linear<Scalar, Backend> up;
  linear<Scalar, Backend> down;

  /// What `forward` keeps for `backward`, both [batch][tokens][hidden_width].
  struct saved_type {
    std::vector<Scalar> hidden;
    std::vector<Scalar> activated;
  };

  mlp(double deviation, double output_deviation, std::uint64_t seed)
      : up(Width, hidden_width, deviation, derived_seed(seed, 0)),
        down(hidden_width, Width, output_deviation / std::sqrt(double(hidden_width) / Width), derived_seed(seed, 1)) {}

  void forward(tokens_in x, tokens_out y, saved_type& saved, workspace& scratch) const {
    const auto size = static_cast<std::size_t>(x.batch * x.tokens * hidden_width);
    saved.hidden.resize(size);
    saved.activated.resize(size);
    up.forward(x, hidden_view(saved.hidden.data(), x), scratch);
    parallel_for(x.batch * x.tokens, [&](std::int64_t token) {
      gelu<hidden_width>(saved.hidden.data() + token * hidden_width, saved.activated.data() + token * hidden_width);
    });
    down.forward(hidden_view(std::as_const(saved.activated).data(), x), y, scratch);
  }

  /// Overwrites x_gradient, adds to the gradients of the parameters.
  void backward(tokens_in x, tokens_in y_gradient, const saved_type& saved, tokens_out x_gradient, workspace& scratch) {
    typename workspace::frame frame(scratch);
    auto* hidden_gradient = frame.template take<Scalar>(x.batch * x.tokens * hidden_width);
    down.backward(hidden_view(saved.activated.data(), x), y_gradient, hidden_view(hidden_gradient, x), scratch);
    parallel_for(x.batch * x.tokens, [&](std::int64_t token) {
      gelu_backward<hidden_width>(saved.hidden.data() + token * hidden_width, hidden_gradient + token * hidden_width);
    });
    up.backward(x, hidden_view(hidden_gradient, x), x_gradient, scratch);
  }

 private:
  template <typename T>
  static headwise::token_view<T> hidden_view(T* data, const tokens_in& x) {
    return headwise::batch_token_view(data, x.batch, x.tokens, hidden_width);
  }
};

}  // namespace language_model
