// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <span>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend_components.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"
#include "support/far_device_tensor.hpp"

namespace headwise::test {

struct mixed : attention_variant<query_heads<2>, head_dim<8>, linear_head_mixing, causal_mask> {};
struct grouped : attention_variant<query_heads<2>, head_dim<8>, causal_mask> {};

/// A call on the device whose tensors lie together but for one of them, whose neighbours along an axis are far apart.
template <typename Variant, cuda::decode_mode Mode>
struct far_call {
  component_tensors<Variant, bfloat16> tensors =
      random_component_tensors<Variant, bfloat16>({.batch = 2, .queries = 2, .keys = 2}, 341);
  device_buffer<bfloat16> key_weight = on_device(tensors.key_weight);
  device_buffer<bfloat16> value_weight = on_device(tensors.value_weight);
  device_buffer<bfloat16> q = on_device(tensors.q.storage());
  device_buffer<bfloat16> k = on_device(tensors.k.storage());
  device_buffer<bfloat16> v = on_device(tensors.v.storage());
  device_buffer<bfloat16> out = on_device(tensors.out.storage());

  static device_buffer<bfloat16> on_device(const std::vector<bfloat16>& numbers) {
    device_buffer<bfloat16> buffer;
    buffer.assign(numbers);
    return buffer;
  }

  attend_components_arguments<Variant, bfloat16> arguments() {
    auto a = tensors.arguments();
    a.q.data = q.data();
    a.k.data = k.data();
    a.v.data = v.data();
    a.out.data = out.data();
    a.lse = {};
    a.key_weight = key_weight;
    a.value_weight = value_weight;
    return a;
  }
  static void run(const attend_components_arguments<Variant, bfloat16>& a) {
    cuda_workspace workspace({}, 1 << 16);
    cuda::attend_components<Mode>(a, workspace);
    cuda::synchronize({});
  }
};

template <typename Variant, cuda::decode_mode Mode>
void check_far() {
  using heads = far_device_tensor<bfloat16, 2, 8>;
  for (const far_axis axis : far_axes) {
    CAPTURE(static_cast<int>(axis));
    far_call<Variant, Mode> call;
    call.run(call.arguments());
    const std::vector<bfloat16> expected = call.out.values();
    const auto check_input = [&](const auto& near, auto view) {
      const heads far(near, axis);
      auto a = call.arguments();
      a.*view = far.view();
      call.out.assign(call.tensors.out.storage());
      call.run(a);
      CHECK(bitwise_equal(call.out.values(), expected));
    };
    using arguments = attend_components_arguments<Variant, bfloat16>;
    check_input(call.tensors.q, &arguments::q);
    check_input(call.tensors.k, &arguments::k);
    check_input(call.tensors.v, &arguments::v);
    const heads far_out(call.tensors.out, axis);
    auto a = call.arguments();
    a.out = far_out.view();
    call.run(a);
    CHECK(bitwise_equal(far_out.values(), expected));
  }
}

TEST_CASE("neighbours more than 2^31 elements apart are reached by every way to decode") {
  check_far<mixed, cuda::decode_mode::absorbed>();
  check_far<mixed, cuda::decode_mode::mix_on_the_fly>();
  check_far<grouped, cuda::decode_mode::expanded>();
}

}  // namespace headwise::test
