// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/composed_variant.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise {

/// How a layer executes what can be done in several ways of one meaning, as an argument of `attention_layer`. What is
/// not named is chosen by the cost model.
struct layer_execution {
  /// Of forward and backward, which go together.
  mixing_execution mixing = mixing_execution::choose;
  /// Of decoding. In prefill the backend chooses.
  decode_mode decoding = decode_mode::choose;
  /// What the cost model of forward and backward takes for `machine_rates::flops_per_byte`; 0 stands for the backend's
  /// rates.
  double flops_per_byte = 0;
};

/// Whether a variant's forward and backward can be executed in the way that is named. Where nothing is mixed, there is
/// nothing to fold, and every way is the same.
template <typename Variant, layer_execution Execution>
concept executed_as_named = Execution.mixing != mixing_execution::folded || can_be_folded<Variant> ||
                            !(Variant::key_mixing::mixes || Variant::value_mixing::mixes);

/// The cost model of a layer's forward and backward on a backend, which may bring rates of its own.
template <any_attention_variant Variant, typename Scalar, typename Backend>
constexpr mixing_cost_model<Variant, Scalar> layer_cost_model(double flops_per_byte) {
  mixing_cost_model<Variant, Scalar> model;
  if constexpr (requires { Backend::rates; }) model.machine = Backend::rates;
  if (flops_per_byte > 0) model.machine.flops_per_byte = flops_per_byte;
  return model;
}

}  // namespace headwise
