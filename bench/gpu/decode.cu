// SPDX-License-Identifier: Apache-2.0
#include "decode.cuh"

namespace bench {

using full_cache = plain_decoding<32>;
using grouped = plain_decoding<8>;
static const registration plain_decode({operation_of<full_cache>("decode 32 of 128", decode<full_cache>),
                                        operation_of<grouped>("decode 8 of 128", decode<grouped>)});

}  // namespace bench
