// SPDX-License-Identifier: Apache-2.0
#include "decode.cuh"

namespace bench {

using half = decoding<16>;
using quarter = decoding<8>;
static const registration mixed_decode({operation_of<half>("decode 32 mixed from 16 of 128", decode<half>),
                                        operation_of<quarter>("decode 32 mixed from 8 of 128", decode<quarter>)});

}  // namespace bench
