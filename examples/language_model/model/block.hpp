// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <headwise/layer/attention_layer.hpp>
#include <string>
#include <vector>

#include "model/attention.hpp"
#include "model/mlp.hpp"
#include "model/model_settings.hpp"
#include "model/parallel.hpp"
#include "model/parameter.hpp"
#include "model/random.hpp"
#include "model/rms_norm.hpp"

namespace language_model {

/// A pre-norm block: middle = x + attention(norm(x)), y = middle + mlp(norm(middle)).
template <typename Variant, typename Scalar, typename Backend>
class block {
 public:
  static constexpr int width = Variant::query_heads * Variant::value_dim;
  using tokens_in = headwise::token_view<const Scalar>;
  using tokens_out = headwise::token_view<Scalar>;
  using workspace = typename Backend::workspace;
  using attention_type = attention<Variant, Scalar, Backend>;
  using mlp_type = mlp<width, Scalar, Backend>;
  using cache_type = typename attention_type::layer_type::cache_type;

  /// What `forward` keeps for `backward`; the vectors are [batch][tokens][width].
  struct saved_type {
    std::vector<Scalar> attention_input;
    typename attention_type::layer_type::saved_type attention;
    std::vector<Scalar> middle;
    std::vector<Scalar> mlp_input;
    typename mlp_type::saved_type mlp;
  };

  block(const model_settings& settings, std::uint64_t seed)
      : attention_({.d_model = width,
                    .initial_gain = settings.initial_gain,
                    .weight_deviation = deviation(),
                    .output_deviation = output_deviation(settings),
                    .seed = derived_seed(seed, 0)}),
        mlp_(deviation(), output_deviation(settings), derived_seed(seed, 1)) {}

  void forward(tokens_in x, tokens_out y, saved_type& saved, workspace& scratch) const {
    const tokens_out attention_input = sized(saved.attention_input, x);
    const tokens_out middle = sized(saved.middle, x);
    const tokens_out mlp_input = sized(saved.mlp_input, x);
    attention_norm_.forward(x, attention_input, scratch);
    attention_.layer.forward(attention_input, middle, saved.attention, scratch);
    add_to(middle, x);
    mlp_norm_.forward(middle, mlp_input, scratch);
    mlp_.forward(mlp_input, y, saved.mlp, scratch);
    add_to(y, middle);
  }

  /// Turns the gradient of y into that of x, in place; adds to the gradients of the parameters.
  void backward(tokens_in x, const saved_type& saved, tokens_out gradient, workspace& scratch) {
    typename workspace::frame frame(scratch);
    const tokens_out branch = taken(frame, x);
    const tokens_out residual = taken(frame, x);
    mlp_.backward(like(saved.mlp_input, x), gradient, saved.mlp, branch, scratch);
    mlp_norm_.backward(like(saved.middle, x), branch, residual, scratch);
    add_to(gradient, residual);
    attention_.layer.backward(like(saved.attention_input, x), gradient, saved.attention, branch, attention_.gradients,
                              scratch);
    attention_norm_.backward(x, branch, residual, scratch);
    add_to(gradient, residual);
  }

  /// `forward`, in place, for tokens that continue what is cached.
  void prefill(tokens_out x, cache_type& cache, typename mlp_type::saved_type& inside, workspace& scratch) const {
    typename workspace::frame frame(scratch);
    const tokens_out normalized = taken(frame, x);
    const tokens_out branch = taken(frame, x);
    attention_norm_.forward(x, normalized, scratch);
    attention_.layer.prefill(normalized, branch, cache, scratch);
    add_to(x, branch);
    mlp_norm_.forward(x, normalized, scratch);
    mlp_.forward(normalized, branch, inside, scratch);
    add_to(x, branch);
  }

  /// Calls `visit(parameter_view)` for every parameter.
  template <typename Visit>
  void for_each_parameter(const std::string& prefix, const Visit& visit) {
    visit(attention_norm_.gain.view(prefix + "attention_norm"));
    attention_.for_each_parameter(prefix + "attention.", visit);
    visit(mlp_norm_.gain.view(prefix + "mlp_norm"));
    visit(mlp_.up.weight.view(prefix + "mlp.up"));
    visit(mlp_.down.weight.view(prefix + "mlp.down"));
  }

 private:
  static double deviation() { return 1 / std::sqrt(double(width)); }

  /// Smaller by the root of the number of branches that add up in the residual stream.
  static double output_deviation(const model_settings& settings) {
    return deviation() / std::sqrt(2.0 * double(settings.layers));
  }

  static tokens_out sized(std::vector<Scalar>& buffer, const tokens_in& x) {
    buffer.resize(static_cast<std::size_t>(x.batch * x.tokens * width));
    return headwise::batch_token_view(buffer.data(), x.batch, x.tokens, width);
  }
  static tokens_in like(const std::vector<Scalar>& buffer, const tokens_in& x) {
    return headwise::batch_token_view(buffer.data(), x.batch, x.tokens, width);
  }
  static tokens_out taken(typename workspace::frame& frame, const tokens_in& x) {
    return headwise::batch_token_view(frame.template take<Scalar>(x.batch * x.tokens * width), x.batch, x.tokens,
                                      width);
  }
  static void add_to(const tokens_out& sum, const tokens_in& addend) {
    add(addend.data, std::span(sum.data, static_cast<std::size_t>(sum.batch * sum.tokens * width)));
  }

  rms_norm<width, Scalar, Backend> attention_norm_;
  attention_type attention_;
  rms_norm<width, Scalar, Backend> mlp_norm_;
  mlp_type mlp_;
};

}  // namespace language_model
