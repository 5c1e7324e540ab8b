// SPDX-License-Identifier: Apache-2.0
// Attention compiles for a device in every number type, forward, backward and over component heads.
#include "headwise/cuda/cuda_backend.cuh"
#include "headwise/named_variants.hpp"

namespace {

using headwise::cuda_backend;
using headwise::cuda_workspace;
using plain = headwise::grouped_query<2, 1, 16>;
using mixed = headwise::mea_virtual_heads<2, 1, 16>;

}  // namespace

template <typename T>
void call_all(cuda_workspace& scratch) {
  cuda_backend::attend(headwise::attend_arguments<plain, T>{}, scratch);
  cuda_backend::attend_backward(headwise::attend_backward_arguments<plain, T>{}, scratch);
  cuda_backend::attend_components(headwise::attend_components_arguments<mixed, T>{}, scratch);
}

template void call_all<float>(cuda_workspace&);
template void call_all<double>(cuda_workspace&);
template void call_all<headwise::float16>(cuda_workspace&);
