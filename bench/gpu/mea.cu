// SPDX-License-Identifier: Apache-2.0
// MEA between its projections, and its norm alone.
#include <headwise/cuda/mix_heads.cuh>
#include <headwise/named_variants.hpp>

#include "attend.cuh"

namespace bench {

template <typename Variant>
void attend_and_normalize(const headwise_call& c, cuda_workspace& workspace) {
  auto arguments = attend_arguments_of<Variant>(c);
  const auto normalized = arguments.out;
  arguments.out.data = nullptr;
  headwise::cuda::attend_normalized(arguments, numbers(c.gain, Variant::head_dim), normalized, workspace);
}

/// Keys and values are mixed, then attended to, with the norm at the end.
template <typename Variant>
void mix_and_attend(const headwise_call& c, cuda_workspace& workspace) {
  constexpr int C = Variant::component_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  constexpr std::size_t weights = std::size_t{C} * G;
  headwise::cuda::mix_heads(heads<C, D>(c.k, c.batch, c.keys), numbers(c.key_weight, weights),
                            heads<G, D>(c.mixed_k, c.batch, c.keys), workspace);
  headwise::cuda::mix_heads(heads<C, D>(c.v, c.batch, c.keys), numbers(c.value_weight, weights),
                            heads<G, D>(c.mixed_v, c.batch, c.keys), workspace);
  headwise_call mixed = c;
  mixed.k = c.mixed_k;
  mixed.v = c.mixed_v;
  attend_and_normalize<Variant>(mixed, workspace);
}

using mea = headwise::mea<16, 128>;
static const registration mea_128({operation_of<mea>("mea causal 128", mix_and_attend<mea>),
                                   operation_of<mea>("attend_normalized causal 128", attend_and_normalize<mea>)});

}  // namespace bench
