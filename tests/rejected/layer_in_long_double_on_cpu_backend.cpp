// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the third argument of attention_layer must be a backend with the operations on this number type,
// such as cpu_backend for float and bfloat16
#include "headwise/cpu.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using scalar = long double;
#else
using scalar = bfloat16;
#endif

void use(const attention_layer<multi_head<4, 8>, scalar, cpu_backend>& layer) { layer.settings(); }
