// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "model/embedding.hpp"
#include "model/gelu.hpp"
#include "model/parallel.hpp"

namespace language_model {

/// The mean of -log softmax(logits)[target] over tokens, in nats. With `with_gradient`, the logits [tokens][vocabulary]
/// become their gradient.
template <bool with_gradient, typename Scalar>
double cross_entropy(Scalar* logits, std::span<const std::uint8_t> targets) {
  using row_type = row_array<Scalar, vocabulary>;
  std::vector<double> losses(targets.size());
  const Scalar share = Scalar(1) / Scalar(targets.size());
  parallel_for(static_cast<std::int64_t>(targets.size()), [&](std::int64_t token) {
    Eigen::Map<row_type> row(logits + token * vocabulary);
    const std::uint8_t target = targets[static_cast<std::size_t>(token)];
    // Copies at an aligned place: sums of a row must not depend on where it lies.
    const row_type scores = row;
    const Scalar largest = scores.maxCoeff();
    const row_type exponentials = (scores - largest).exp();
    const Scalar sum = exponentials.sum();
    losses[static_cast<std::size_t>(token)] = std::log(double(sum)) + double(largest) - double(scores[target]);
    if constexpr (with_gradient) {
      row = exponentials * (share / sum);
      row[target] -= share;
    }
  });
  // In order, whatever the threads did.
  return std::accumulate(losses.begin(), losses.end(), 0.0) / double(targets.size());
}

}  // namespace language_model
