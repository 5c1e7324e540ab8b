// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a score modification needs modify(score, token_pair) and derivative(score, token_pair), const and
// for any Real, add them
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct halved_scores {
  using slot = score_modification_slot;
  template <typename Real>
  static Real modify(Real score, token_pair /*at*/) {
    return score / 2;
  }
};
#else
struct halved_scores {
  using slot = score_modification_slot;
  template <typename Real>
  static Real modify(Real score, token_pair /*at*/) {
    return score / 2;
  }
  template <typename Real>
  static Real derivative(Real /*score*/, token_pair /*at*/) {
    return Real(1) / 2;
  }
};
#endif

using variant = attention_variant<query_heads<4>, head_dim<8>, halved_scores>;
