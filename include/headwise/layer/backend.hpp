// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/policies/head_mixing.hpp"
#include "headwise/policies/head_norm.hpp"
#include "headwise/policies/positions.hpp"

namespace headwise {

/// What a layer asks of a backend: a stateless type that names its memory and has the operations as static functions.
template <typename Backend, typename Variant, typename Scalar>
concept attention_backend = any_attention_variant<Variant> &&
    requires(typename Backend::workspace& workspace, token_view<const Scalar> x, token_view<Scalar> y,
             std::span<const Scalar> in, std::span<Scalar> out, std::span<const std::int64_t> counts,
             head_view<const Scalar, Variant::component_heads, Variant::head_dim> components,
             head_view<Scalar, Variant::component_heads, Variant::head_dim> component_output,
             head_view<const Scalar, Variant::composite_heads, Variant::head_dim> composites,
             head_view<Scalar, Variant::composite_heads, Variant::head_dim> composite_output,
             const attend_arguments<Variant, Scalar>& forward,
             const attend_backward_arguments<Variant, Scalar>& backward,
             const attend_components_arguments<Variant, Scalar>& cached) {
  typename Backend::memory::template buffer<Scalar>;
  typename Backend::memory::template cache_buffer<Scalar>;
  Backend::project(x, in, in, y, workspace);
  Backend::project_backward_input(x, in, y, result_write::add, workspace);
  Backend::project_backward_parameters(x, x, out, out, result_write::add, workspace);
  Backend::template form_mixing<linear_mixing, 1, 1>(in.data(), out.data(), workspace);
  Backend::template form_mixing_backward<linear_mixing, 1, 1>(in.data(), in.data(), out.data(), workspace);
  Backend::mix_heads(components, in, composite_output, workspace);
  Backend::mix_heads_backward(components, in, composites, component_output, result_write::add, out, workspace);
  Backend::template normalize_heads<norm_settings{}>(components, in, component_output, workspace);
  Backend::template normalize_heads_backward<norm_settings{}>(components, in, components, component_output, out,
                                                              workspace);
  Backend::template rotate<rotary<>>(components, counts, component_output, workspace);
  Backend::template rotate_backward<rotary<>>(components, counts, component_output, workspace);
  Backend::append_heads(components, counts, counts, component_output, workspace);
  Backend::attend(forward, workspace);
  Backend::attend_backward(backward, workspace);
  Backend::attend_components(cached, workspace);
};

}  // namespace headwise
