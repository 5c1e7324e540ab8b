// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the third argument of attention_layer must be a backend with the operations on this number type,
// such as cpu_backend for float and bfloat16
#include "headwise/headwise.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct my_backend {
  using memory = host_memory;
  using workspace = host_workspace;
};
#else
struct my_backend : reference_backend {};
#endif

void use(const attention_layer<multi_head<4, 8>, float, my_backend>& layer) { layer.settings(); }
