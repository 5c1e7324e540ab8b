// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bench {

// What is measured, one source file each.

/// Mixing, norm after mixing, attention and norm after attention of one sequence, forward and backward.
void register_attend();
/// Head mixing of the keys of one sequence, forward and backward, against the same pass of multi-head attention.
void register_mix_heads();
/// Attention of one new token over the component heads of a cache.
void register_decode();
/// A whole layer on one sequence, forward and backward.
void register_layer();

}  // namespace bench
