// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/core/host_memory.hpp"
#include "support/attend_tensors.hpp"
#include "support/errors.hpp"

namespace headwise::test {

struct refused_heads : attention_variant<query_heads<4>, composite_heads<2>, head_dim<3>, value_dim<5>, causal_mask> {};

using arguments_type = attend_arguments<refused_heads, float>;
using backward_type = attend_backward_arguments<refused_heads, float>;

/// A call of `attend` that is right but for what `spoil(arguments)` does to it.
template <typename Backend, typename Spoil>
verdict attend_refuses(const Spoil& spoil, const std::string& argument, const std::string& given,
                       const std::string& needed) {
  auto t = random_attend_tensors<refused_heads, float>({.batch = 2, .queries = 3, .keys = 4}, 1);
  host_workspace workspace;
  return refuses(
      [&] {
        arguments_type a = t.forward_arguments();
        spoil(a);
        Backend::attend(a, workspace);
      },
      argument, given, needed);
}

template <typename Backend, typename Spoil>
verdict backward_refuses(const Spoil& spoil, const std::string& argument, const std::string& given,
                         const std::string& needed) {
  auto t = random_attend_tensors<refused_heads, float>({.batch = 2, .queries = 3, .keys = 4}, 1);
  host_workspace workspace;
  Backend::attend(t.forward_arguments(), workspace);
  return refuses(
      [&] {
        backward_type a = t.backward_arguments();
        spoil(a);
        Backend::attend_backward(a, workspace);
      },
      argument, given, needed);
}

TEST_CASE_TEMPLATE_DEFINE("attend refuses inputs of different sizes", Backend, different_sizes) {
  const auto refused = [](const auto& spoil, const std::string& argument, const std::string& given,
                          const std::string& needed) {
    CHECK(attend_refuses<Backend>(spoil, argument, given, needed));
    CHECK(backward_refuses<Backend>(spoil, argument, given, needed));
  };
  refused([](auto& a) { a.k.batch = 1; }, "k", "of batch 1", "batch 2");
  refused([](auto& a) { a.v.batch = 3; }, "v", "of batch 3", "batch 2");
  refused([](auto& a) { a.v.tokens = 3; }, "v", "of 3 tokens", "4 tokens");
  refused([](auto& a) { a.out.batch = 1; }, "out", "of batch 1", "batch 2");
  refused([](auto& a) { a.out.tokens = 4; }, "out", "of 4 tokens", "3 tokens");
  refused([](auto& a) { a.lse.batch = 1; }, "lse", "of batch 1", "batch 2");
  refused([](auto& a) { a.lse.tokens = 2; }, "lse", "of 2 tokens", "3 tokens");
}

TEST_CASE_TEMPLATE_DEFINE("attend refuses null and negative views", Backend, null_and_negative_views) {
  const auto refused = [](const auto& spoil, const std::string& argument, const std::string& given,
                          const std::string& needed) {
    CHECK(attend_refuses<Backend>(spoil, argument, given, needed));
    CHECK(backward_refuses<Backend>(spoil, argument, given, needed));
  };
  refused([](auto& a) { a.q.data = nullptr; }, "q", "null", "a pointer to its elements");
  refused([](auto& a) { a.k.data = nullptr; }, "k", "null", "a pointer to its elements");
  refused([](auto& a) { a.v.data = nullptr; }, "v", "null", "a pointer to its elements");
  refused([](auto& a) { a.out.data = nullptr; }, "out", "null", "a pointer to its elements");
  refused([](auto& a) { a.q.tokens = -1; }, "q", "of negative size", "a size of zero or more");
  refused([](auto& a) { a.k.tokens = -4; }, "k", "of negative size", "a size of zero or more");
  refused([](auto& a) { a.q.batch = a.k.batch = a.v.batch = -2; }, "q", "of negative size", "a size of zero or more");
}

TEST_CASE_TEMPLATE_DEFINE("attend refuses lengths that do not fit", Backend, lengths_that_do_not_fit) {
  const auto refused = [](const std::vector<std::int64_t>& lengths, bool of_queries, const std::string& argument,
                          const std::string& given, const std::string& needed) {
    const auto spoil = [&](auto& a) { (of_queries ? a.query_lengths : a.key_lengths) = lengths; };
    CHECK(attend_refuses<Backend>(spoil, argument, given, needed));
    CHECK(backward_refuses<Backend>(spoil, argument, given, needed));
  };
  refused({3}, true, "query_lengths", "of 1 lengths", "one for each of 2 sequences");
  refused({3, 4}, true, "query_lengths", "4", "lengths from 0 to 3");
  refused({-1, 3}, true, "query_lengths", "-1", "lengths from 0 to 3");
  refused({1, 2, 3}, false, "key_lengths", "of 3 lengths", "one for each of 2 sequences");
  refused({5, 0}, false, "key_lengths", "5", "lengths from 0 to 4");
}

TEST_CASE_TEMPLATE_DEFINE("attend refuses an output without an element of its own everywhere", Backend,
                          broadcast_outputs) {
  const auto refused = [](const auto& spoil) {
    CHECK(attend_refuses<Backend>(spoil, "out", "a broadcast view (a stride of zero)",
                                  "an element of its own everywhere"));
  };
  refused([](auto& a) { a.out.batch_stride = 0; });
  refused([](auto& a) { a.out.token_stride = 0; });
  refused([](auto& a) { a.out.head_stride = 0; });
}

TEST_CASE_TEMPLATE_DEFINE("attend refuses an output that lies in an input", Backend, outputs_in_inputs) {
  // As wide as the widest tensor of the call.
  std::vector<float> shared(2 * 4 * 4 * 5);
  const auto in_shared = [&](auto& view) { view.data = shared.data(); };
  const auto refused = [&](const auto& input, const std::string& name) {
    const auto spoil = [&](auto& a) {
      in_shared(input(a));
      in_shared(a.out);
    };
    CHECK(attend_refuses<Backend>(spoil, "out", "overlapping " + name, "memory of its own"));
  };
  refused(
      [](auto& a) -> auto& { return a.q; }, "q");
  refused(
      [](auto& a) -> auto& { return a.k; }, "k");
  refused(
      [](auto& a) -> auto& { return a.v; }, "v");
}

TEST_CASE_TEMPLATE_DEFINE("attend_backward refuses gradients that lie in one another or in an input", Backend,
                          gradients_in_others) {
  std::vector<float> shared(2 * 4 * 4 * 5);
  const auto refused = [&](const auto& gradient, const std::string& name, const auto& other,
                           const std::string& other_name) {
    const auto spoil = [&](auto& a) {
      gradient(a).data = shared.data();
      other(a).data = shared.data();
    };
    CHECK(backward_refuses<Backend>(spoil, name, "overlapping " + other_name, "memory of its own"));
  };
  const auto q_gradient = [](auto& a) -> auto& { return a.q_gradient; };
  const auto k_gradient = [](auto& a) -> auto& { return a.k_gradient; };
  const auto v_gradient = [](auto& a) -> auto& { return a.v_gradient; };
  const auto of_gradient = [&](const auto& gradient, const std::string& name) {
    refused(
        gradient, name, [](auto& a) -> auto& { return a.q; }, "q");
    refused(
        gradient, name, [](auto& a) -> auto& { return a.k; }, "k");
    refused(
        gradient, name, [](auto& a) -> auto& { return a.v; }, "v");
    refused(
        gradient, name, [](auto& a) -> auto& { return a.out; }, "out");
    refused(
        gradient, name, [](auto& a) -> auto& { return a.out_gradient; }, "out_gradient");
  };
  of_gradient(q_gradient, "q_gradient");
  of_gradient(k_gradient, "k_gradient");
  of_gradient(v_gradient, "v_gradient");
  refused(q_gradient, "q_gradient", k_gradient, "k_gradient");
  refused(q_gradient, "q_gradient", v_gradient, "v_gradient");
  refused(k_gradient, "k_gradient", v_gradient, "v_gradient");
}

TEST_CASE_TEMPLATE_DEFINE("attend_backward refuses gradients of other sizes, broadcast or null", Backend,
                          gradients_of_other_sizes) {
  const auto refused = [](const auto& spoil, const std::string& argument, const std::string& given,
                          const std::string& needed) {
    CHECK(backward_refuses<Backend>(spoil, argument, given, needed));
  };
  refused([](auto& a) { a.out_gradient.tokens = 2; }, "out_gradient", "of 2 tokens", "3 tokens");
  refused([](auto& a) { a.lse_gradient.tokens = 2; }, "lse_gradient", "of 2 tokens", "3 tokens");
  refused([](auto& a) { a.lse_gradient.batch = 1; }, "lse_gradient", "of batch 1", "batch 2");
  refused(
      [](auto& a) {
        a.delta = a.lse_gradient;
        a.delta.tokens = 2;
      },
      "delta", "of 2 tokens", "3 tokens");
  refused(
      [](auto& a) {
        a.delta = a.lse_gradient;
        a.delta.batch = 1;
      },
      "delta", "of batch 1", "batch 2");
  refused([](auto& a) { a.q_gradient.tokens = 4; }, "q_gradient", "of 4 tokens", "3 tokens");
  refused([](auto& a) { a.k_gradient.tokens = 3; }, "k_gradient", "of 3 tokens", "4 tokens");
  refused([](auto& a) { a.v_gradient.batch = 1; }, "v_gradient", "of batch 1", "batch 2");
  refused([](auto& a) { a.v_gradient.data = nullptr; }, "v_gradient", "null", "a pointer to its elements");
  refused([](auto& a) { a.k_gradient.head_stride = 0; }, "k_gradient", "a broadcast view (a stride of zero)",
          "an element of its own everywhere");
}

TEST_CASE_TEMPLATE_DEFINE("attend_backward needs the log-sum-exp", Backend, log_sum_exp_missing) {
  CHECK(
      backward_refuses<Backend>([](auto& a) { a.lse.data = nullptr; }, "lse", "null", "the values that attend wrote"));
}

}  // namespace headwise::test
