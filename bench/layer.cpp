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

using headwise::mixing_execution;

/// A layer on one sequence, as wide as its query heads together.
template <typename Variant, typename T, mixing_execution Mixing>
class layer_problem {
  using layer_type =
      headwise::attention_layer<Variant, T, headwise::cpu_backend, headwise::layer_execution{.mixing = Mixing}>;

 public:
  static constexpr std::int64_t d_model = std::int64_t{Variant::query_heads} * Variant::head_dim;

  explicit layer_problem(std::int64_t tokens)
      : tokens_(tokens),
        layer_({.d_model = d_model}),
        gradients_(layer_.make_gradients()),
        x_(random_numbers<T>(tokens * d_model)),
        y_(x_),
        y_gradient_(random_numbers<T>(tokens * d_model)),
        x_gradient_(x_) {
    forward();
  }

  void forward() { layer_.forward(view(x_), view(y_), saved_, workspace_); }
  void backward() { layer_.backward(view(x_), view(y_gradient_), saved_, view(x_gradient_), gradients_, workspace_); }

 private:
  auto view(std::vector<T>& numbers) const { return headwise::batch_token_view(numbers.data(), 1, tokens_, d_model); }

  std::int64_t tokens_;
  layer_type layer_;
  typename layer_type::gradients_type gradients_;
  typename layer_type::saved_type saved_;
  std::vector<T> x_, y_, y_gradient_, x_gradient_;
  headwise::host_workspace workspace_;
};

/// Layers that mix in one way.
template <mixing_execution Mixing>
struct executed_as {
  template <typename Variant, typename T>
  using problem = layer_problem<Variant, T, Mixing>;
};

template <typename Variant, typename T, mixing_execution Mixing, bool Backward>
void layer(benchmark::State& state) {
  const std::int64_t tokens = state.range(0);
  constexpr double passes = Backward ? 2 : 1;
  const auto parameters = static_cast<double>(Variant::parameters(layer_problem<Variant, T, Mixing>::d_model));
  const double projections = passes * 2 * parameters * static_cast<double>(tokens);
  const least_work work{projections + attention_flops<Variant, Backward>(tokens), passes * parameters * sizeof(T)};
  measure_problem<executed_as<Mixing>::template problem, Variant, T>(state, work, run_pass<Backward>);
}

template <typename Variant, typename T, mixing_execution Mixing>
void register_passes(const std::string& suffix) {
  register_operation<Variant, T>("layer" + suffix, {64, 2048}, layer<Variant, T, Mixing, false>);
  register_operation<Variant, T>("layer_backward" + suffix, {64, 2048}, layer<Variant, T, Mixing, true>);
}

}  // namespace

void register_layer() {
  for_each_measured<of::layers>(static_cast<measured_variants*>(nullptr), []<typename Variant, typename T>() {
    register_passes<Variant, T, mixing_execution::choose>("");
    if constexpr (headwise::can_be_folded<Variant>) {
      register_passes<Variant, T, mixing_execution::on_activations>("_on_activations");
      register_passes<Variant, T, mixing_execution::folded>("_folded");
    }
  });
}

}  // namespace bench
