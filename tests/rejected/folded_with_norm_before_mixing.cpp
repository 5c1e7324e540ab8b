// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: mixing cannot be folded into a projection where a norm stands between them, take
// mixing_execution::on_activations
#include "headwise/headwise.hpp"

using namespace headwise;

struct my_attention : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing, norm_before_mixing<>> {};

#if defined(HEADWISE_REJECT)
constexpr auto mixing = mixing_execution::folded;
#else
constexpr auto mixing = mixing_execution::on_activations;
#endif

using layer_type = attention_layer<my_attention, float, reference_backend, layer_execution{.mixing = mixing}>;

void use(const layer_type& layer) { layer.settings(); }
