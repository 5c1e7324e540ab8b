// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <headwise/cpu.hpp>
#include <string>
#include <vector>

#include "measure.hpp"
#include "operations.hpp"
#include "random_numbers.hpp"
#include "variants.hpp"

namespace bench {
namespace {

using headwise::decode_mode;

/// One new token, and the component heads of those before it as a cache holds them. Where nothing is mixed, no mode is
/// named.
template <typename Variant, typename T, decode_mode Mode>
class decoding_problem {
  static constexpr bool mixes = Variant::key_mixing::mixes || Variant::value_mixing::mixes;
  static constexpr int H = Variant::query_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  using cache = headwise::host_memory::cache_buffer<T>;

 public:
  explicit decoding_problem(std::int64_t tokens)
      : tokens_(tokens),
        q_(random_numbers<T>(H * D)),
        k_(cached(random_numbers<T>(tokens * C * D))),
        v_(cached(random_numbers<T>(tokens * C * Dv))),
        key_weight_(random_numbers<T>(Variant::key_mixing::mixes ? C * Variant::composite_heads : 0)),
        value_weight_(random_numbers<T>(Variant::value_mixing::mixes ? C * Variant::composite_heads : 0)),
        key_gain_(random_numbers<T>(Variant::composite_key_gains)),
        value_gain_(random_numbers<T>(Variant::composite_value_gains)),
        out_(static_cast<std::size_t>(H * Dv)) {}

  void decode() {
    headwise::cpu_backend::attend_components<mixes ? Mode : decode_mode::choose>(
        headwise::attend_components_arguments<Variant, T>{
            .q = headwise::batch_token_head_view<H, D>(q_.data(), 1, 1),
            .k = headwise::batch_head_token_view<C, D>(k_.data(), 1, tokens_),
            .v = headwise::batch_head_token_view<C, Dv>(v_.data(), 1, tokens_),
            .key_weight = key_weight_,
            .value_weight = value_weight_,
            .composite_key_gain = key_gain_,
            .composite_value_gain = value_gain_,
            .out = headwise::batch_token_head_view<H, Dv>(out_.data(), 1, 1)},
        workspace_);
  }

 private:
  static cache cached(const std::vector<T>& numbers) { return {numbers.begin(), numbers.end()}; }

  std::int64_t tokens_;
  std::vector<T> q_;
  cache k_, v_;
  std::vector<T> key_weight_, value_weight_, key_gain_, value_gain_;
  std::vector<T> out_;
  headwise::host_workspace workspace_;
};

/// Decoding in one mode.
template <decode_mode Mode>
struct decoded_in {
  template <typename Variant, typename T>
  using problem = decoding_problem<Variant, T, Mode>;
};

template <typename Variant, typename T, decode_mode Mode>
void decode(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  const double cache = static_cast<double>(Variant::template kv_cache_bytes_per_token<T>) * static_cast<double>(tokens);
  measure_problem<decoded_in<Mode>::template problem, Variant, T>(
      state, {static_cast<double>(Variant::decode_flops(1, tokens)), cache}, [](auto& problem) { problem.decode(); });
}

template <typename Variant, typename T, decode_mode Mode>
void register_mode(const std::string& suffix) {
  register_operation<Variant, T>("decode" + suffix, {64, 16384, 65536}, decode<Variant, T, Mode>);
}

}  // namespace

void register_decode() {
  for_each_measured<of::decoding>(static_cast<measured_variants*>(nullptr), []<typename Variant, typename T>() {
    register_mode<Variant, T, decode_mode::choose>("");
    if constexpr (Variant::absorbable && (Variant::key_mixing::mixes || Variant::value_mixing::mixes)) {
      register_mode<Variant, T, decode_mode::expanded>("_expanded");
      register_mode<Variant, T, decode_mode::absorbed>("_absorbed");
    }
  });
}

}  // namespace bench
