// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "headwise/operations/attend_arguments.hpp"
#include "support/compare.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

/// The run-time sizes of one call.
struct attend_sizes {
  std::int64_t batch = 1;
  std::int64_t queries = 1;
  std::int64_t keys = 1;
  std::vector<std::int64_t> query_lengths{};
  std::vector<std::int64_t> key_lengths{};

  friend std::ostream& operator<<(std::ostream& out, const attend_sizes& s) {
    const auto list = [&](const std::vector<std::int64_t>& lengths) {
      for (const std::int64_t length : lengths) out << ' ' << length;
    };
    out << "batch " << s.batch << ", queries " << s.queries << " (";
    list(s.query_lengths);
    out << " ), keys " << s.keys << " (";
    list(s.key_lengths);
    return out << " )";
  }
};

/// Numbers per head and token, [batch][Heads][tokens].
template <typename T, int Heads>
struct scalar_tensor {
  std::int64_t batch;
  std::int64_t tokens;
  std::vector<T> values;

  scalar_tensor(std::int64_t batch_size, std::int64_t token_count, T value = T(0))
      : batch(batch_size),
        tokens(token_count),
        values(static_cast<std::size_t>(batch_size * token_count * Heads), value) {}
  head_scalar_view<T, Heads> view() { return batch_head_scalar_view<Heads>(values.data(), batch, tokens); }
  head_scalar_view<const T, Heads> view() const { return batch_head_scalar_view<Heads>(values.data(), batch, tokens); }
};

/// The layouts of everything that one call reads and writes.
struct attend_layouts {
  head_layout q = head_layout::batch_token_head;
  head_layout k = head_layout::batch_token_head;
  head_layout v = head_layout::batch_token_head;
  head_layout out = head_layout::batch_token_head;
  head_layout out_gradient = head_layout::batch_token_head;

  static attend_layouts all(head_layout layout) { return {layout, layout, layout, layout, layout}; }
};

/// All tensors of one attention call, forward and backward. Outputs start as NaN, so that an element nobody wrote
/// shows.
template <typename Variant, typename Scalar>
struct attend_tensors {
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

  attend_sizes sizes;
  head_tensor<Scalar, H, D> q;
  head_tensor<Scalar, G, D> k;
  head_tensor<Scalar, G, Dv> v;
  head_tensor<Scalar, H, Dv> out;
  scalar_tensor<accumulator, H> lse;
  head_tensor<Scalar, H, Dv> out_gradient;
  scalar_tensor<accumulator, H> lse_gradient;
  head_tensor<Scalar, H, D> q_gradient;
  head_tensor<Scalar, G, D> k_gradient;
  head_tensor<Scalar, G, Dv> v_gradient;
  typename Variant::mask mask{};
  typename Variant::score_modification score{};

  /// `gap` fills what lies between the vectors.
  explicit attend_tensors(attend_sizes s, const attend_layouts& layouts = {}, Scalar gap = Scalar(0))
      : sizes(std::move(s)),
        q(sizes.batch, sizes.queries, layouts.q, gap),
        k(sizes.batch, sizes.keys, layouts.k, gap),
        v(sizes.batch, sizes.keys, layouts.v, gap),
        out(sizes.batch, sizes.queries, layouts.out, gap),
        lse(sizes.batch, sizes.queries),
        out_gradient(sizes.batch, sizes.queries, layouts.out_gradient, gap),
        lse_gradient(sizes.batch, sizes.queries),
        q_gradient(sizes.batch, sizes.queries, layouts.out, gap),
        k_gradient(sizes.batch, sizes.keys, layouts.out, gap),
        v_gradient(sizes.batch, sizes.keys, layouts.out, gap) {
    set_outputs(std::numeric_limits<Scalar>::quiet_NaN());
  }

  void set_outputs(Scalar value) {
    out.fill(value);
    lse.values.assign(lse.values.size(), value);
    q_gradient.fill(value);
    k_gradient.fill(value);
    v_gradient.fill(value);
  }

  void fill_inputs(std::uint64_t seed) {
    random_numbers random(seed);
    q.fill(random);
    k.fill(random);
    v.fill(random);
    out_gradient.fill(random);
    for (accumulator& value : lse_gradient.values) value = static_cast<accumulator>(random.normal());
  }

  attend_arguments<Variant, Scalar> forward_arguments() {
    return {.q = q.view(),
            .k = k.view(),
            .v = v.view(),
            .out = out.view(),
            .lse = lse.view(),
            .query_lengths = sizes.query_lengths,
            .key_lengths = sizes.key_lengths,
            .mask = mask,
            .score = score};
  }

  attend_backward_arguments<Variant, Scalar> backward_arguments() {
    return {.q = q.view(),
            .k = k.view(),
            .v = v.view(),
            .out = std::as_const(out).view(),
            .lse = std::as_const(lse).view(),
            .out_gradient = std::as_const(out_gradient).view(),
            .lse_gradient = std::as_const(lse_gradient).view(),
            .q_gradient = q_gradient.view(),
            .k_gradient = k_gradient.view(),
            .v_gradient = v_gradient.view(),
            .query_lengths = sizes.query_lengths,
            .key_lengths = sizes.key_lengths,
            .mask = mask,
            .score = score};
  }
};

/// A call of random inputs.
template <typename Variant, typename Scalar>
attend_tensors<Variant, Scalar> random_attend_tensors(const attend_sizes& sizes, std::uint64_t seed,
                                                      const attend_layouts& layouts = {}) {
  attend_tensors<Variant, Scalar> tensors(sizes, layouts);
  tensors.fill_inputs(seed);
  return tensors;
}

/// The same call in another number type, contiguous.
template <typename To, typename Variant, typename From>
attend_tensors<Variant, To> converted(const attend_tensors<Variant, From>& from) {
  attend_tensors<Variant, To> to(from.sizes);
  copy_values(from.q, to.q);
  copy_values(from.k, to.k);
  copy_values(from.v, to.v);
  copy_values(from.out_gradient, to.out_gradient);
  to.lse_gradient.values = converted<typename Variant::template accumulator<To>>(from.lse_gradient.values);
  to.mask = from.mask;
  to.score = from.score;
  return to;
}

/// Forward, then backward, on a backend.
template <typename Backend, typename Variant, typename Scalar>
void run_attend(attend_tensors<Variant, Scalar>& tensors, typename Backend::workspace& workspace) {
  Backend::attend(tensors.forward_arguments(), workspace);
  Backend::attend_backward(tensors.backward_arguments(), workspace);
}

template <typename Backend, typename Variant, typename Scalar>
void run_attend(attend_tensors<Variant, Scalar>& tensors) {
  typename Backend::workspace workspace;
  run_attend<Backend>(tensors, workspace);
}

/// Whether no result was written where none belongs: between the vectors is still what filled the gaps.
template <typename Variant, typename Scalar>
verdict gaps_hold(Scalar gap, attend_tensors<Variant, Scalar> tensors) {
  tensors.set_outputs(gap);
  const auto holds = [&](const auto& tensor) {
    return bitwise_equal(tensor.storage(), std::vector<Scalar>(tensor.storage().size(), gap));
  };
  verdict all{true, "nothing was written between vectors"};
  for (const verdict& one :
       {holds(tensors.out), holds(tensors.q_gradient), holds(tensors.k_gradient), holds(tensors.v_gradient)})
    if (!one) all = one;
  return all;
}

/// Every result of forward and backward with its name: `visit(name, values)`.
template <typename Variant, typename Scalar, typename Visit>
void for_each_result(const attend_tensors<Variant, Scalar>& tensors, const Visit& visit) {
  visit(std::string("out"), values_of(tensors.out));
  visit(std::string("lse"), tensors.lse.values);
  visit(std::string("q_gradient"), values_of(tensors.q_gradient));
  visit(std::string("k_gradient"), values_of(tensors.k_gradient));
  visit(std::string("v_gradient"), values_of(tensors.v_gradient));
}

/// The same of two runs of a call: `visit(name, values, other_values)`.
template <typename Variant, typename Scalar, typename Visit>
void for_each_result(const attend_tensors<Variant, Scalar>& a, const attend_tensors<Variant, Scalar>& b,
                     const Visit& visit) {
  visit(std::string("out"), values_of(a.out), values_of(b.out));
  visit(std::string("lse"), a.lse.values, b.lse.values);
  visit(std::string("q_gradient"), values_of(a.q_gradient), values_of(b.q_gradient));
  visit(std::string("k_gradient"), values_of(a.k_gradient), values_of(b.k_gradient));
  visit(std::string("v_gradient"), values_of(a.v_gradient), values_of(b.v_gradient));
}

}  // namespace headwise::test
