// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/attend_tensors.hpp"
#include "support/gradient_check.hpp"

namespace headwise::test {

/// Gradients of q, k and v, through outputs and log-sum-exp alike, against differences of a backend's own forward in
/// double.
template <typename Backend, typename Variant>
gradient_check check_attend_gradients(const attend_sizes& sizes, std::uint64_t seed,
                                      const typename Variant::mask& mask = {},
                                      const typename Variant::score_modification& score = {}) {
  CAPTURE(seed);
  auto t = random_attend_tensors<Variant, double>(sizes, seed);
  t.mask = mask;
  t.score = score;
  typename Backend::workspace workspace;
  run_attend<Backend>(t, workspace);
  const auto loss = [&] {
    Backend::attend(t.forward_arguments(), workspace);
    // Rows without a key have no finite log-sum-exp; nothing flows through it.
    std::vector<double> finite_lse = t.lse.values;
    for (double& value : finite_lse)
      if (std::isinf(value)) value = 0;
    return weighted_sum{}.add(values_of(t.out), values_of(t.out_gradient)).add(finite_lse, t.lse_gradient.values);
  };
  return {loss,
          {{"q", t.q.storage(), values_of(t.q_gradient)},
           {"k", t.k.storage(), values_of(t.k_gradient)},
           {"v", t.v.storage(), values_of(t.v_gradient)}}};
}

}  // namespace headwise::test
