// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend.cuh"
#include "headwise/reference/reference_backend.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"
#include "support/device_mirror.hpp"
#include "support/errors.hpp"
#include "support/workspaces.hpp"

namespace headwise::test {

struct shared_gain : attention_variant<query_heads<4>, composite_heads<2>, head_dim<32>, causal_mask,
                                       norm_after_attention<norm_settings{.factor = 0.5, .epsilon = 0.1}>> {};
struct gain_of_each : attention_variant<query_heads<2>, head_dim<24>, value_dim<40>,
                                        norm_after_attention<norm_settings{.gain = norm_gain::per_head}>> {};
struct without_gain : attention_variant<query_heads<2>, head_dim<8>, value_dim<11>,
                                        norm_after_attention<norm_settings{.gain = norm_gain::none, .groups = 2}>> {};

/// A call of attention with the norm after it.
template <typename Variant, typename Scalar>
struct normalized_call {
  attend_tensors<Variant, Scalar> tensors;
  std::vector<Scalar> gain;
  head_tensor<Scalar, Variant::query_heads, Variant::value_dim> normalized;

  normalized_call(const attend_tensors<Variant, Scalar>& of, const std::vector<Scalar>& gains)
      : tensors(of), gain(gains), normalized(of.sizes.batch, of.sizes.queries) {
    normalized.fill(std::numeric_limits<Scalar>::quiet_NaN());
  }

  void run_fused(bool keeps_out) {
    const auto arguments = tensors.forward_arguments();
    run_mirrored(
        [&](cuda_workspace& workspace, auto q, auto k, auto v, auto out, auto lse, auto gains, auto result) {
          auto there = arguments;
          there.q = q;
          there.k = k;
          there.v = v;
          there.out = out;
          there.lse = lse;
          if (!keeps_out) there.out.data = nullptr;
          cuda::attend_normalized(there, gains, result, workspace);
        },
        arguments.q, arguments.k, arguments.v, arguments.out, arguments.lse, std::span<const Scalar>(gain),
        normalized.view());
  }
  void run_by_reference() {
    host_workspace workspace;
    reference_backend::attend(tensors.forward_arguments(), workspace);
    reference_backend::normalize_heads<Variant::output_norm::settings>(
        std::as_const(tensors.out).view(), std::span<const Scalar>(gain), normalized.view(), workspace);
  }
};

template <typename Variant, typename Scalar>
void check_fused(const attend_sizes& sizes, bool keeps_out) {
  CAPTURE(sizes);
  CAPTURE(keeps_out);
  const auto tensors = random_attend_tensors<Variant, Scalar>(sizes, 241);
  random_numbers random(242);
  std::vector<Scalar> gain(
      static_cast<std::size_t>(Variant::output_norm::gains(Variant::query_heads, Variant::value_dim)));
  for (Scalar& g : gain) g = static_cast<Scalar>(random.normal());
  using exact_scalar = exact_type<Scalar>;
  normalized_call<Variant, Scalar> tested(tensors, gain);
  normalized_call<Variant, Scalar> plain(tensors, gain);
  normalized_call<Variant, exact_scalar> exact(converted<exact_scalar>(tensors), converted<exact_scalar>(gain));
  tested.run_fused(keeps_out);
  plain.run_by_reference();
  exact.run_by_reference();
  // Weights and outputs are rounded on the way, by as much as the norm makes of it.
  const auto expected = values_of(exact.normalized);
  CHECK(as_precise_as_plain(forward_factor, values_of(tested.normalized), values_of(plain.normalized), expected,
                            rounding_floor<Scalar>(4 * largest_magnitude(expected))));
  CHECK(as_precise_as_plain(forward_factor, tested.tensors.lse.values, plain.tensors.lse.values,
                            exact.tensors.lse.values, rounding_floor<float>(16)));
  if (!keeps_out) return;
  // The output beside it is the one that attention alone gives.
  const auto out = values_of(exact.tensors.out);
  CHECK(as_precise_as_plain(forward_factor, values_of(tested.tensors.out), values_of(plain.tensors.out), out,
                            rounding_floor<Scalar>(4 * largest_magnitude(out))));
}

TEST_CASE_TEMPLATE("attention and its norm in one kernel give what one after the other gives", Variant, shared_gain,
                   gain_of_each, without_gain) {
  for (const bool keeps_out : {true, false}) {
    check_fused<Variant, bfloat16>({.batch = 2, .queries = 33, .keys = 70, .query_lengths = {33, 20}}, keeps_out);
    check_fused<Variant, float16>({.batch = 1, .queries = 7, .keys = 3}, keeps_out);
    check_fused<Variant, float>({.batch = 1, .queries = 5, .keys = 40}, keeps_out);
  }
}

TEST_CASE("gains of another size than the norm's are refused") {
  normalized_call<shared_gain, float> call(random_attend_tensors<shared_gain, float>({}, 243), std::vector<float>(31));
  CHECK(refuses([&] { call.run_fused(true); }, "gain", "of 31 numbers", "32 numbers"));
}

}  // namespace headwise::test
