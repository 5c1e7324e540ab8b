// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/host_memory.hpp"
#include "headwise/cuda/attend_components.cuh"
#include "headwise/operations/attend_components.hpp"
#include "support/device_mirror.hpp"

namespace headwise::test {

/// A call whose tensors lie in the host's memory, in copies on the device; `call(arguments, workspace)` is made on
/// them.
template <typename Variant, typename Scalar, typename Call>
void mirrored_attend_components(const attend_components_arguments<Variant, Scalar>& a, const Call& call) {
  run_mirrored(
      [&](cuda_workspace& workspace, auto q, auto k, auto v, auto key_weight, auto value_weight, auto key_gain,
          auto value_gain, auto out, auto lse) {
        attend_components_arguments<Variant, Scalar> on_device = a;
        on_device.q = q;
        on_device.k = k;
        on_device.v = v;
        on_device.key_weight = key_weight;
        on_device.value_weight = value_weight;
        on_device.composite_key_gain = key_gain;
        on_device.composite_value_gain = value_gain;
        on_device.out = out;
        on_device.lse = lse;
        call(on_device, workspace);
      },
      a.q, a.k, a.v, a.key_weight, a.value_weight, a.composite_key_gain, a.composite_value_gain, a.out, a.lse);
}

/// Attention over component heads on a device, in a mode of its own, as it looks from the host.
template <cuda::decode_mode Mode>
struct mirrored_decode_backend {
  using workspace = host_workspace;

  template <typename Variant, typename Scalar>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& a, workspace& /*scratch*/) {
    mirrored_attend_components(a, [](const auto& on_device, cuda_workspace& workspace) {
      cuda::attend_components<Mode>(on_device, workspace);
    });
  }
};

}  // namespace headwise::test
