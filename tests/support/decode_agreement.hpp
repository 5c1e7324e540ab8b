// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/conformance.hpp"
#include "support/mirrored_decode_backend.hpp"

namespace headwise::test {

/// A way to decode agrees with the reference: for the sizes that all operations are tested with, and for keys of more
/// parts than one.
template <cuda::decode_mode Mode, typename Variant, typename Scalar>
void check_decoding(const typename Variant::mask& mask = {}, const typename Variant::score_modification& score = {}) {
  using tested = setting<mirrored_decode_backend<Mode>, Variant, Scalar>;
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<tested>(sizes, 301, mask, score);
  const attend_sizes parts{.batch = 2, .queries = 2, .keys = 1100, .query_lengths = {2, 1}, .key_lengths = {1100, 513}};
  check_attend_components<tested>(parts, 302, mask, score);
}

}  // namespace headwise::test
