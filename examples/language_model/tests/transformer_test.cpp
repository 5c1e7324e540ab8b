// SPDX-License-Identifier: Apache-2.0
#include "model/transformer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "backend.hpp"
#include "training/windows.hpp"
#include "variants.hpp"

namespace language_model {
namespace {

constexpr model_settings tiny{.d_model = 16, .heads = 4, .layers = 2, .initial_gain = 0.5, .seed = 3};

std::vector<std::uint8_t> some_bytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(derived_seed(7, i));
  return bytes;
}

byte_batch some_batch(std::int64_t batch, std::int64_t tokens) {
  return training_batch(some_bytes(200), batch, tokens, 1, 1);
}

/// Parameters start at special places (gains equal, mixing one-hot, almost no embedding); slopes are judged elsewhere.
template <typename Model>
void move_parameters(Model& model) {
  std::uint64_t use = 0;
  for (const auto& view : model.parameters()) {
    std::vector<double> shift(view.values.size());
    fill_normal(std::span(shift), 0.3, derived_seed(11, use++));
    for (std::size_t i = 0; i < shift.size(); ++i) view.values[i] += shift[i];
  }
}

struct slope {
  std::string parameter;
  double difference;
  double gradient;
};

/// Central differences of the loss beside the gradients, for up to `most` numbers of every parameter.
template <typename Model>
std::vector<slope> slopes_of(Model& model, const byte_batch& bytes, std::size_t most) {
  constexpr double step = 2e-5;
  model.loss_and_gradients(bytes);
  std::vector<slope> slopes;
  for (const auto& view : model.parameters())
    for (std::size_t i = 0; i < view.values.size(); i += 1 + view.values.size() / most) {
      const double value = view.values[i];
      const auto loss_at = [&](double shift) {
        view.values[i] = value + shift * step;
        return model.loss(bytes);
      };
      // Fourth order, so that the error of the differences is far below any error worth finding.
      const double difference = (8 * (loss_at(1) - loss_at(-1)) - (loss_at(2) - loss_at(-2))) / (12 * step);
      view.values[i] = value;
      slopes.push_back({view.name, difference, view.gradient[i]});
    }
  return slopes;
}

bool agree(const std::vector<slope>& slopes) {
  return std::all_of(slopes.begin(), slopes.end(),
                     [](const slope& s) { return std::fabs(s.difference - s.gradient) < 1e-9; });
}

template <typename Variant>
void check_gradients() {
  transformer<Variant, double, backend> model(tiny);
  move_parameters(model);
  std::vector<slope> slopes = slopes_of(model, some_batch(2, 5), 12);
  CHECK(agree(slopes));
  for (std::size_t i = 0; i < slopes.size(); ++i)
    if (i == 0 || slopes[i].parameter != slopes[i - 1].parameter) {
      CAPTURE(slopes[i].parameter);
      CHECK(std::any_of(slopes.begin(), slopes.end(), [&](const slope& s) {
        return s.parameter == slopes[i].parameter && std::fabs(s.difference) > 1e-6;
      }));
      // A wrong gradient anywhere must be found.
      slopes[i].gradient += 1e-6;
      CHECK_FALSE(agree(slopes));
      slopes[i].gradient -= 1e-6;
    }
}

// Shared heads, all kinds of parameters, and mixing without a norm: what the other variants are made of.

TEST_CASE("the gradients of a whole transformer are the slopes of its loss") {
  check_gradients<grouped_query<4, 4>>();
  check_gradients<mea<4, 4>>();
  check_gradients<head_mixing_half_cache<4, 4>>();
}

template <typename Variant>
void check_decoding() {
  transformer<Variant, double, backend> model(tiny);
  move_parameters(model);
  const byte_batch bytes = some_batch(1, 20);
  model.loss(bytes);
  const std::vector<double> expected(model.logits().begin(), model.logits().end());

  auto caches = model.make_caches(20);
  std::size_t read = 0;
  for (const std::size_t piece : {7U, 1U, 1U, 8U, 1U, 2U}) {
    std::vector<double> logits(vocabulary);
    model.prefill(std::span(bytes.inputs).subspan(read, piece), caches, logits.data());
    read += piece;
    CAPTURE(read);
    for (std::size_t i = 0; i < vocabulary; ++i)
      REQUIRE(logits[i] == doctest::Approx(expected[(read - 1) * vocabulary + i]).epsilon(1e-9));
  }
  CHECK(read == 20);
}

TEST_CASE("decoding piece by piece gives the logits of one forward pass") {
  check_decoding<grouped_query<4, 4>>();
  check_decoding<mea<4, 4>>();
  check_decoding<head_mixing_half_cache<4, 4>>();
}

TEST_CASE("a new model knows nothing: its loss is near that of equal probabilities") {
  transformer<mea_half_cache<4, 16>, float, backend> model({.d_model = 64, .heads = 4, .layers = 2});
  CHECK(model.loss(some_batch(4, 32)) == doctest::Approx(std::log(256.0)).epsilon(0.02));
}

TEST_CASE("variants differ in the parameters of their attention alone") {
  const auto shared_names = [](auto&& model) {
    std::vector<std::string> names;
    for (const auto& view : model.parameters())
      if (view.name.find("_mixing") == std::string::npos && view.name.find("output_gain") == std::string::npos)
        names.push_back(view.name);
    return names;
  };
  CHECK(shared_names(transformer<multi_head<4, 4>, float, backend>(tiny)) ==
        shared_names(transformer<mea_half_cache<4, 4>, float, backend>(tiny)));
}

#if defined(_OPENMP)
TEST_CASE("losses and gradients do not depend on the number of threads, to the bit") {
  const byte_batch bytes = some_batch(5, 70);
  const auto all_gradients = [&](int threads) {
    omp_set_num_threads(threads);
    transformer<mea_half_cache<4, 16>, float, backend> model({.d_model = 64, .heads = 4, .layers = 2});
    std::vector<double> numbers = {model.loss_and_gradients(bytes)};
    for (const auto& view : model.parameters())
      numbers.insert(numbers.end(), view.gradient.begin(), view.gradient.end());
    return numbers;
  };
  const int before = omp_get_max_threads();
  const std::vector<double> alone = all_gradients(1);
  const bool same = alone == all_gradients(2) && alone == all_gradients(3);
  omp_set_num_threads(before);
  CHECK(same);
}
#endif

}  // namespace
}  // namespace language_model
