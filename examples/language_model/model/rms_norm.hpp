// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/core/head_view.hpp>
#include <headwise/core/token_view.hpp>
#include <headwise/policies/head_norm.hpp>
#include <span>

#include "model/parameter.hpp"

namespace language_model {

/// RMSNorm with a gain: the library's head norm, of one head that is as wide as the model.
template <int Width, typename Scalar, typename Backend>
class rms_norm {
  static constexpr headwise::norm_settings settings{};

 public:
  parameter<Scalar> gain{{Width}, Scalar(1)};

  void forward(headwise::token_view<const Scalar> x, headwise::token_view<Scalar> y,
               typename Backend::workspace& scratch) const {
    Backend::template normalize_heads<settings>(as_head(x), std::span<const Scalar>(gain.values), as_head(y), scratch);
  }

  /// Overwrites x_gradient, adds to the gradient of the gain.
  void backward(headwise::token_view<const Scalar> x, headwise::token_view<const Scalar> y_gradient,
                headwise::token_view<Scalar> x_gradient, typename Backend::workspace& scratch) {
    Backend::template normalize_heads_backward<settings>(as_head(x), std::span<const Scalar>(gain.values),
                                                         as_head(y_gradient), as_head(x_gradient),
                                                         std::span<Scalar>(gain.gradient), scratch);
  }

 private:
  template <typename T>
  static headwise::head_view<T, 1, Width> as_head(const headwise::token_view<T>& x) {
    return {x.data, x.batch, x.tokens, x.batch_stride, x.token_stride, Width};
  }
};

}  // namespace language_model
