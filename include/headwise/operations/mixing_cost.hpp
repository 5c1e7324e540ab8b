// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/error.hpp"

namespace headwise {

/// How a layer's forward and backward execute head mixing. All ways mean the same.
enum class mixing_execution {
  choose,          ///< whichever the cost model takes for the fastest
  on_activations,  ///< component heads of all tokens are projected, then mixed
  folded,          ///< the projections are mixed, once a call, and yield composite heads (MEA, eq. 18)
};

/// How attention over component heads, of which a cache is made, is executed. All ways mean the same.
enum class decode_mode {
  choose,    ///< whichever the cost model takes for the fastest
  expanded,  ///< composite heads are built in the workspace and attended to; where none are built, just attention
  absorbed,  ///< mixing is absorbed into queries and outputs: the cache is read once, and composite heads never exist
  mix_on_the_fly,  ///< on CUDA alone: composite heads exist in shared memory, for some keys at a time
};

/// Whether mixing can be folded into the projections: there is some, and nothing stands between the two but what is
/// linear. (Rotary positions commute with mixing, as they treat all heads alike.)
template <any_attention_variant Variant>
inline constexpr bool can_be_folded = (Variant::key_mixing::mixes || Variant::value_mixing::mixes) &&
                                      !Variant::component_norm::normalizes;

/// What some work costs.
struct execution_cost {
  /// Floating-point operations, of products alone.
  double flops = 0;
  /// Bytes moved between the processor and memory or caches.
  double bytes = 0;
  /// The predicted time of all its steps, each as long as its operations or its bytes take. The unit is the time of one
  /// operation in a large product.
  double time = 0;

  /// The same in seconds, on a machine with so many operations a second in large products.
  constexpr double seconds(double flops_per_second) const { return time / flops_per_second; }

  constexpr execution_cost& operator+=(const execution_cost& other) {
    flops += other.flops;
    bytes += other.bytes;
    time += other.time;
    return *this;
  }
  friend constexpr execution_cost operator+(execution_cost a, const execution_cost& b) { return a += b; }
};

/// The paces of a machine with numbers of one type.
struct machine_rates {
  /// Operations of a large product that it does while memory moves a byte.
  double flops_per_byte;
  /// The same while its caches move a byte, and the bytes for which that counts.
  double cached_flops_per_byte;
  double cache_bytes;
  /// How many times as long an operation takes in the small products that mix the heads of one token.
  double mixing_slowdown;

  /// A step that is as long as its operations or its bytes take.
  constexpr execution_cost step(double flops, double bytes, double slowdown = 1) const {
    const double per_byte = bytes <= cache_bytes ? std::min(cached_flops_per_byte, flops_per_byte) : flops_per_byte;
    return {flops, bytes, std::max(flops * slowdown, bytes * per_byte)};
  }
};

/// A core with AVX2 or AVX-512 and its share of caches and memory: what fits the times of `cpu_backend`.
template <typename Scalar>
inline constexpr machine_rates usual_core{.flops_per_byte = 48.0 / sizeof(Scalar),
                                          .cached_flops_per_byte = 16.0 / sizeof(Scalar),
                                          .cache_bytes = 16 << 20,
                                          .mixing_slowdown = 1.25};

/// What the executions of a variant's mixing cost on a machine, and which is the fastest. It counts what they do not
/// share: the way from tokens to composite keys and values and back; in decoding, that from the cache to the outputs of
/// attention. (How to decode is chosen for CUDA by `cuda::decode_costs`, which know the tiles of its kernels.)
template <any_attention_variant Variant, typename Scalar = typename Variant::storage>
class mixing_cost_model {
  static constexpr double H = Variant::query_heads;
  static constexpr double G = Variant::composite_heads;
  static constexpr double C = Variant::component_heads;
  static constexpr double D = Variant::head_dim;
  static constexpr double Dv = Variant::value_dim;
  static constexpr bool mixes_keys = Variant::key_mixing::mixes;
  static constexpr bool mixes_values = Variant::value_mixing::mixes;

 public:
  machine_rates machine = usual_core<Scalar>;

  /// A layer's forward on so many tokens of all sequences. Throws `headwise::error` where the variant cannot be folded.
  constexpr execution_cost forward(mixing_execution how, std::int64_t tokens, std::int64_t d_model) const {
    const bool folds = is_folded(how, tokens, d_model);
    return side(mixes_keys, folds, D, Variant::positions::rotates).forward(double(tokens), double(d_model)) +
           side(mixes_values, folds, Dv, false).forward(double(tokens), double(d_model));
  }
  /// The backward of such a forward.
  constexpr execution_cost backward(mixing_execution how, std::int64_t tokens, std::int64_t d_model) const {
    const bool folds = is_folded(how, tokens, d_model);
    return side(mixes_keys, folds, D, Variant::positions::rotates).backward(double(tokens), double(d_model)) +
           side(mixes_values, folds, Dv, false).backward(double(tokens), double(d_model));
  }
  /// The execution that makes a forward with its backward the fastest: both have the same one.
  constexpr mixing_execution chosen(std::int64_t tokens, std::int64_t d_model) const {
    if constexpr (can_be_folded<Variant>) {
      const auto step = [&](mixing_execution how) {
        return (forward(how, tokens, d_model) + backward(how, tokens, d_model)).time;
      };
      if (step(mixing_execution::folded) < step(mixing_execution::on_activations)) return mixing_execution::folded;
    }
    return mixing_execution::on_activations;
  }

  /// Attention of so many queries of every sequence over so many cached keys, all of which they see. Throws
  /// `headwise::error` where the variant cannot be absorbed, or has no such mode.
  constexpr execution_cost decode(decode_mode how, std::int64_t batch, std::int64_t queries, std::int64_t keys) const {
    if (how == decode_mode::choose) how = chosen_decode_mode(batch, queries, keys);
    if (how == decode_mode::expanded) return expanded(double(batch * keys), double(queries));
    if (how != decode_mode::absorbed || !Variant::absorbable)
      throw error("how", "a mode that this variant is not decoded in", "decode_mode::expanded");
    return absorbed(double(batch * keys), double(queries));
  }
  /// The fastest of these modes.
  constexpr decode_mode chosen_decode_mode(std::int64_t batch, std::int64_t queries, std::int64_t keys) const {
    const bool absorbs =
        Variant::absorbable && (mixes_keys || mixes_values) &&
        absorbed(double(batch * keys), double(queries)).time <= expanded(double(batch * keys), double(queries)).time;
    return absorbs ? decode_mode::absorbed : decode_mode::expanded;
  }

 private:
  /// Keys or values on their way from tokens, [tokens][M] M = d_model, to composite heads.
  struct one_side {
    machine_rates machine;
    bool mixes;
    bool folds;
    double dim;
    bool rotates;

    constexpr double projected_heads() const { return folds ? G : C; }
    /// A large product of a token's features and a projection's weights, which reads two of the three matrices and
    /// writes one, or reads and writes it.
    constexpr execution_cost product(double tokens, double width, bool adds_tokens = false,
                                     bool adds_weights = false) const {
      const double heads = projected_heads() * dim;
      return machine.step(2 * tokens * width * heads,
                          sizeof(Scalar) * (tokens * width * (adds_tokens ? 2 : 1) + tokens * heads +
                                            width * heads * (adds_weights ? 2 : 1)));
    }
    /// Products of C by G numbers with the features of every head of `rows`, which read and write so many heads.
    constexpr execution_cost mixing(double products, double rows, double heads) const {
      return machine.step(products * 2 * rows * C * G * dim, sizeof(Scalar) * rows * heads * dim,
                          machine.mixing_slowdown);
    }
    constexpr execution_cost rotation(double tokens) const {
      return machine.step(0, rotates ? sizeof(Scalar) * 2 * tokens * projected_heads() * dim : 0);
    }

    constexpr execution_cost forward(double tokens, double width) const {
      const execution_cost projecting = product(tokens, width) + rotation(tokens);
      return mixes ? projecting + mixing(1, folds ? width : tokens, C + G) : projecting;
    }
    constexpr execution_cost backward(double tokens, double width) const {
      execution_cost cost = product(tokens, width, false, true) + product(tokens, width, true) + rotation(tokens);
      if (!mixes) return cost;
      cost += mixing(2, folds ? width : tokens, 2 * C + G);
      // The projection is mixed again, the gradient of the mixed one starts at zeros, and that of the other is added.
      if (folds) cost += mixing(1, width, C + G) + machine.step(0, sizeof(Scalar) * width * (G + 3 * C) * dim);
      return cost;
    }
  };
  constexpr one_side side(bool mixes, bool folds, double dim, bool rotates) const {
    return {machine, mixes, folds && mixes, dim, rotates};
  }

  constexpr bool is_folded(mixing_execution how, std::int64_t tokens, std::int64_t d_model) const {
    if (how == mixing_execution::choose) how = chosen(tokens, d_model);
    if (how == mixing_execution::folded && !can_be_folded<Variant>)
      throw error("how", "mixing_execution::folded", "mixing_execution::on_activations for this variant");
    return how == mixing_execution::folded;
  }

  /// All component heads serve all query heads, mixed or not.
  constexpr execution_cost absorbed(double keys, double queries) const {
    return machine.step(2 * keys * queries * H * C * (D + Dv), sizeof(Scalar) * keys * C * (D + Dv));
  }
  constexpr execution_cost expanded(double keys, double queries) const {
    const double mixed = (mixes_keys ? D : 0) + (mixes_values ? Dv : 0);
    return machine.step(2 * keys * C * G * mixed, sizeof(Scalar) * keys * (C + G) * mixed, machine.mixing_slowdown) +
           machine.step(2 * keys * queries * H * (D + Dv), sizeof(Scalar) * keys * G * (D + Dv));
  }
};

}  // namespace headwise
