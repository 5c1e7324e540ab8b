// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"
#include "support/masks.hpp"

namespace headwise::test {

struct mixed
    : attention_variant<query_heads<4>, component_heads<2>, head_dim<16>, linear_head_mixing, every_third_key_so_far> {
};
struct half_mixed
    : attention_variant<query_heads<4>, composite_heads<2>, head_dim<16>, linear_key_mixing, every_third_key_so_far> {};
struct grouped : attention_variant<query_heads<4>, composite_heads<2>, head_dim<16>, every_third_key_so_far> {};

/// Whether the mask, which is the same for all heads, lets any query see a key.
template <typename Variant>
bool anyone_sees(const attend_sizes& sizes, std::int64_t key) {
  for (std::int64_t i = 0; i < sizes.queries; ++i) {
    const query_token at = query_at(i, 0, 0, sizes.queries, sizes.keys);
    if (detail::visible_keys_of(typename Variant::mask{}, at).contains(key) &&
        detail::visible_in_range(typename Variant::mask{}, pair_of(at, key)))
      return true;
  }
  return false;
}

template <typename Variant, cuda::decode_mode Mode>
void check_hidden(const attend_sizes& sizes, float poison) {
  CAPTURE(sizes);
  CAPTURE(poison);
  auto clean = random_component_tensors<Variant, bfloat16>(sizes, 311);
  auto exact = converted<double>(clean);
  auto poisoned = clean;
  int hidden = 0;
  for (std::int64_t n = 0; n < sizes.keys; ++n) {
    if (anyone_sees<Variant>(sizes, n)) continue;
    ++hidden;
    for (int c = 0; c < Variant::component_heads; ++c) {
      std::fill_n(poisoned.k.view().row(0, n, c), Variant::head_dim, bfloat16(poison));
      std::fill_n(poisoned.v.view().row(0, n, c), Variant::value_dim, bfloat16(poison));
    }
  }
  REQUIRE(hidden > 0);
  host_workspace workspace;
  mirrored_decode_backend<Mode>::attend_components(poisoned.arguments(), workspace);
  reference_backend::attend_components(clean.arguments(), workspace);
  reference_backend::attend_components(exact.arguments(), workspace);
  const attend_magnitudes m = magnitudes_of(exact);
  CHECK(as_precise_as_plain(forward_factor, values_of(poisoned.out), values_of(clean.out), values_of(exact.out),
                            rounding_floor<bfloat16>(m.out)));
  CHECK(as_precise_as_plain(forward_factor, poisoned.lse.values, clean.lse.values, exact.lse.values,
                            rounding_floor<bfloat16>(m.lse)));
}

TEST_CASE("nothing of a hidden key shows, whatever it holds") {
  for (const float poison : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const attend_sizes& sizes :
         {attend_sizes{.queries = 1, .keys = 70}, attend_sizes{.queries = 2, .keys = 1100}}) {
      check_hidden<mixed, cuda::decode_mode::absorbed>(sizes, poison);
      check_hidden<half_mixed, cuda::decode_mode::absorbed>(sizes, poison);
      check_hidden<mixed, cuda::decode_mode::mix_on_the_fly>(sizes, poison);
      check_hidden<half_mixed, cuda::decode_mode::mix_on_the_fly>(sizes, poison);
      check_hidden<grouped, cuda::decode_mode::expanded>(sizes, poison);
    }
}

/// Outputs where one number of the cache is NaN, a key that everyone sees.
template <typename Variant, cuda::decode_mode Mode>
std::vector<bfloat16> outputs_with_nan(bool in_values, int component) {
  auto t = random_component_tensors<Variant, bfloat16>({.queries = 1, .keys = 700}, 312);
  bfloat16* const row = in_values ? t.v.view().row(0, 699, component) : t.k.view().row(0, 699, component);
  row[3] = std::numeric_limits<bfloat16>::quiet_NaN();
  host_workspace workspace;
  mirrored_decode_backend<Mode>::attend_components(t.arguments(), workspace);
  return values_of(t.out);
}

template <typename Seen>
void check_nan_where(const std::vector<bfloat16>& out, const Seen& seen) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    CAPTURE(i);
    CHECK(std::isnan(float(out[i])) == seen(static_cast<int>(i) / 16, i % 16));
  }
}

TEST_CASE("a NaN that a query sees shows in what depends on it, and nowhere else") {
  const auto everywhere = [](int, std::size_t) { return true; };
  const auto feature_3 = [](int, std::size_t d) { return d == 3; };
  const auto of_head_1 = [](int head, std::size_t) { return head >= 2; };
  const auto feature_3_of_head_1 = [](int head, std::size_t d) { return head >= 2 && d == 3; };
  constexpr auto absorbed = cuda::decode_mode::absorbed;
  constexpr auto expanded = cuda::decode_mode::expanded;
  constexpr auto on_the_fly = cuda::decode_mode::mix_on_the_fly;
  check_nan_where(outputs_with_nan<mixed, absorbed>(false, 1), everywhere);
  check_nan_where(outputs_with_nan<mixed, absorbed>(true, 1), feature_3);
  check_nan_where(outputs_with_nan<half_mixed, absorbed>(false, 1), everywhere);
  check_nan_where(outputs_with_nan<half_mixed, absorbed>(true, 1), feature_3_of_head_1);
  check_nan_where(outputs_with_nan<mixed, on_the_fly>(false, 1), everywhere);
  check_nan_where(outputs_with_nan<mixed, on_the_fly>(true, 1), feature_3);
  check_nan_where(outputs_with_nan<half_mixed, on_the_fly>(false, 1), everywhere);
  check_nan_where(outputs_with_nan<half_mixed, on_the_fly>(true, 1), feature_3_of_head_1);
  check_nan_where(outputs_with_nan<grouped, expanded>(false, 1), of_head_1);
  check_nan_where(outputs_with_nan<grouped, expanded>(true, 1), feature_3_of_head_1);
}

}  // namespace headwise::test
