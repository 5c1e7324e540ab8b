// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

namespace headwise::wsd {

// Symbols of "How to Set the Batch Size for Large-Scale Pre-training?": a run of constant batch size B (tokens per
// step) first reaches a loss L after S steps and E = B S tokens. All batch sizes together trace a curve E(S) for each
// L. A batch size is the ray of slope B from the origin; it meets the curve where its run reaches the loss.

/// The curve between tokens and steps at one loss.
template <typename Curve>
concept iso_loss_curve = requires(const Curve& curve, double x) {
  { curve.tokens(x) } -> std::same_as<double>;     // E(S); infinite up to steps_min
  { curve.slope(x) } -> std::same_as<double>;      // dE/dS
  { curve.steps(x) } -> std::same_as<double>;      // S(B); infinite up to batch_min
  { curve.batch_min() } -> std::same_as<double>;   // B_min: smaller batches never reach the loss
  { curve.batch_opt() } -> std::same_as<double>;   // B_opt: reaches it with the fewest tokens
  { curve.steps_min() } -> std::same_as<double>;   // S_min: the limit of ever larger batches
  { curve.steps_opt() } -> std::same_as<double>;   // S_opt, the steps of B_opt
  { curve.tokens_min() } -> std::same_as<double>;  // E_min, the tokens of B_opt
};

/// E(B), the tokens with which a batch size reaches the loss.
template <iso_loss_curve Curve>
double tokens_of_batch(const Curve& curve, double batch) {
  return batch * curve.steps(batch);
}

/// E(B) / E_min - 1, what a batch size costs beyond the best one.
template <iso_loss_curve Curve>
double penalty(const Curve& curve, double batch) {
  return tokens_of_batch(curve, batch) / curve.tokens_min() - 1;
}

}  // namespace headwise::wsd
