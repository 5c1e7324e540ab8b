// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

// What the precision rule lets pass in 16 bits, and what it does not.

/// What is rounded to 16 bits beside the results.
enum class rounded { factors, scores, sums };

/// Attention as tensor cores compute it, with weights and score gradients as factors of products in 16 bits and the
/// rest in float; and two ways to lose too much.
template <rounded Rounded>
struct rounding_backend : reference_backend {
  template <typename T>
  static float factor(float value) {
    return rounded_to<T>(value);
  }
  template <typename T>
  static float score(float value) {
    return Rounded == rounded::scores ? rounded_to<T>(value) : value;
  }
  template <typename T>
  static void add(float& sum, float term) {
    sum = Rounded == rounded::sums ? rounded_to<T>(sum + term) : sum + term;
  }

  template <typename Variant, typename T>
  static void attend(const attend_arguments<Variant, T>& a, workspace& /*scratch*/) {
    for (std::int64_t b = 0; b < a.q.batch; ++b)
      for (int h = 0; h < Variant::query_heads; ++h)
        for (std::int64_t i = 0; i < a.q.tokens; ++i) attend_row(a, b, h, i);
  }

  template <typename Variant, typename T>
  static void attend_row(const attend_arguments<Variant, T>& a, std::int64_t b, int h, std::int64_t i) {
    const auto for_each_key = [&](const auto& visit) {
      reference::loops::for_each_visible<float>(a, b, h, i, a.q.tokens, a.k.tokens, visit);
    };
    float largest = -std::numeric_limits<float>::infinity();
    for_each_key([&](const auto& s, float) { largest = std::max(largest, score<T>(s.score)); });
    float sum = 0;
    std::array<float, Variant::value_dim> weighted{};
    for_each_key([&](const auto& s, float) {
      const float weight = std::exp(score<T>(s.score) - largest);
      sum += weight;
      const T* value = a.v.row(b, s.key, Variant::composite_head(h));
      for (std::size_t d = 0; d < weighted.size(); ++d) add<T>(weighted[d], factor<T>(weight) * value[d]);
    });
    a.lse.row(b, h)[i] = largest + std::log(sum);
    for (std::size_t d = 0; d < weighted.size(); ++d) a.out.row(b, i, h)[d] = T(weighted[d] / sum);
  }

  template <typename Variant, typename T>
  static void attend_backward(const attend_backward_arguments<Variant, T>& a, workspace& /*scratch*/) {
    reference::loops::head_sums<float, Variant::query_heads, Variant::head_dim> q_gradient(a.q_gradient);
    reference::loops::head_sums<float, Variant::composite_heads, Variant::head_dim> k_gradient(a.k_gradient);
    reference::loops::head_sums<float, Variant::composite_heads, Variant::value_dim> v_gradient(a.v_gradient);
    const auto add_products = [](float left, const T* right, float* sums, int count) {
      for (int d = 0; d < count; ++d) add<T>(sums[d], factor<T>(left) * right[d]);
    };
    for (std::int64_t b = 0; b < a.q.batch; ++b)
      for (int h = 0; h < Variant::query_heads; ++h)
        for (std::int64_t i = 0; i < a.q.tokens; ++i) {
          const int g = Variant::composite_head(h);
          const T* dout = a.out_gradient.row(b, i, h);
          const auto delta = reference::loops::dot<float>(a.out.row(b, i, h), dout, Variant::value_dim);
          const auto visit = [&](const auto& s, float derivative) {
            const float weight = std::exp(score<T>(s.score) - a.lse.row(b, h)[i]);
            const auto of_weight = reference::loops::dot<float>(dout, a.v.row(b, s.key, g), Variant::value_dim);
            const float of_score = static_cast<float>(Variant::scale) * derivative * weight *
                                   (of_weight - delta + a.lse_gradient.row(b, h)[i]);
            add_products(weight, dout, v_gradient.row(b, s.key, g), Variant::value_dim);
            add_products(of_score, a.k.row(b, s.key, g), q_gradient.row(b, i, h), Variant::head_dim);
            add_products(of_score, a.q.row(b, i, h), k_gradient.row(b, s.key, g), Variant::head_dim);
          };
          reference::loops::for_each_visible<float>(a, b, h, i, a.q.tokens, a.k.tokens, visit);
        }
    q_gradient.store(a.q_gradient);
    k_gradient.store(a.k_gradient);
    v_gradient.store(a.v_gradient);
  }
};

struct plain : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>> {};
/// Scores of some tens, so that an error relative to them is a large one of the weights.
struct sharp : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, score_scale<4>> {};

template <rounded Rounded, typename Variant, typename Scalar>
std::vector<named_verdict> verdicts_on(std::int64_t queries, std::int64_t keys) {
  return attend_verdicts<setting<rounding_backend<Rounded>, Variant, Scalar>>(
      {.batch = 1, .queries = queries, .keys = keys}, 211);
}

/// Whether a result is not precise enough.
bool refuses(const std::vector<named_verdict>& verdicts, const std::string& name) {
  const auto v = std::find_if(verdicts.begin(), verdicts.end(), [&](const auto& any) { return any.name == name; });
  return !v->outcome.holds;
}

TEST_CASE_TEMPLATE("weights and score gradients may be rounded to 16 bits for products", Scalar, bfloat16, float16) {
  for (const std::int64_t keys : {1, 2, 70, 500})
    for (const std::int64_t queries : {1, 60}) {
      CAPTURE(queries);
      CAPTURE(keys);
      check_all(verdicts_on<rounded::factors, plain, Scalar>(queries, keys));
      check_all(verdicts_on<rounded::factors, sharp, Scalar>(queries, keys));
    }
}

TEST_CASE_TEMPLATE("scores must not be rounded to 16 bits", Scalar, bfloat16, float16) {
  const auto small_scores = verdicts_on<rounded::scores, plain, Scalar>(60, 70);
  CHECK(refuses(small_scores, "lse"));
  const auto large_scores = verdicts_on<rounded::scores, sharp, Scalar>(60, 70);
  CHECK(refuses(large_scores, "lse"));
  CHECK(refuses(large_scores, "out"));
}

TEST_CASE_TEMPLATE("sums must not be taken in 16 bits", Scalar, bfloat16, float16) {
  const auto many_terms = verdicts_on<rounded::sums, plain, Scalar>(500, 500);
  CHECK(refuses(many_terms, "out"));
  CHECK(refuses(many_terms, "k_gradient"));
  CHECK(refuses(many_terms, "v_gradient"));
}

}  // namespace headwise::test
