// SPDX-License-Identifier: Apache-2.0
// Mixing matrices of their parameters, and back. One block has all numbers of one matrix in shared memory, where one
// thread works on them; all threads only copy.
#pragma once

#include <cstddef>

#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// What forming a mixing matrix reads and writes; on the way back the gradient of the matrix is read besides.
template <typename T>
struct mixing_parameters {
  const T* parameter;
  const T* weight_gradient;
  T* result;
};

/// Threads of a block that forms a mixing matrix.
inline constexpr int form_threads = 128;

namespace loops {

template <typename T>
HEADWISE_DEVICE void copy_to_shared(const T* from, T* shared, int count) {
  for (int i = thread_index(); i < count; i += form_threads) store_shared(shared + i, load_global(from + i));
}
template <typename T>
HEADWISE_DEVICE void copy_from_shared(const T* shared, T* to, int count) {
  for (int i = thread_index(); i < count; i += form_threads) store_global(to + i, load_shared(shared + i));
}

}  // namespace loops

// The functions of a mixing kind see the whole matrix, so one thread calls them: in shared memory, where all threads
// have put the numbers, it waits for nothing.

/// One block: W [Components][Composites] of its parameters.
template <typename Kind, int Components, int Composites, typename T>
HEADWISE_KERNEL(form_threads, 1)
form_weight(HEADWISE_KERNEL_PARAMETER mixing_parameters<T> tensors) {
  constexpr int count = Kind::template parameters<Components, Composites>;
  auto* const parameter = reinterpret_cast<T*>(shared_memory());
  T* const weight = parameter + count;
  loops::copy_to_shared(tensors.parameter, parameter, count);
  sync_block();
  if (thread_index() == 0) Kind::template form<Components, Composites>(parameter, weight);
  sync_block();
  loops::copy_from_shared(weight, tensors.result, Components * Composites);
}

/// One block: the gradient of W, carried back to the parameters.
template <typename Kind, int Components, int Composites, typename T>
HEADWISE_KERNEL(form_threads, 1)
add_parameter_gradient(HEADWISE_KERNEL_PARAMETER mixing_parameters<T> tensors) {
  constexpr int count = Kind::template parameters<Components, Composites>;
  auto* const parameter = reinterpret_cast<T*>(shared_memory());
  T* const gradient = parameter + count;
  T* const weight_gradient = gradient + count;
  loops::copy_to_shared(tensors.parameter, parameter, count);
  loops::copy_to_shared<T>(tensors.result, gradient, count);
  loops::copy_to_shared(tensors.weight_gradient, weight_gradient, Components * Composites);
  sync_block();
  if (thread_index() == 0) Kind::template backward<Components, Composites>(parameter, weight_gradient, gradient);
  sync_block();
  loops::copy_from_shared(gradient, tensors.result, count);
}

/// Forms the matrix W [Components][Composites] of a mixing kind from its parameters.
template <typename Kind, int Components, int Composites, typename T>
void form_mixing(const T* parameters, T* weight, cuda_workspace& workspace) {
  constexpr int count = Kind::template parameters<Components, Composites>;
  workspace.launch("form_mixing", form_weight<Kind, Components, Composites, T>,
                   {.blocks = 1,
                    .threads = form_threads,
                    .shared_bytes = (std::size_t{count} + Components * Composites) * sizeof(T)},
                   {parameters, nullptr, weight});
}

/// Adds to the gradient of the parameters what the gradient of W makes of it.
template <typename Kind, int Components, int Composites, typename T>
void form_mixing_backward(const T* parameters, const T* weight_gradient, T* parameter_gradient,
                          cuda_workspace& workspace) {
  constexpr int count = Kind::template parameters<Components, Composites>;
  if constexpr (count > 0)
    workspace.launch("form_mixing_backward", add_parameter_gradient<Kind, Components, Composites, T>,
                     {.blocks = 1,
                      .threads = form_threads,
                      .shared_bytes = (2 * std::size_t{count} + Components * Composites) * sizeof(T)},
                     {parameters, weight_gradient, parameter_gradient});
}

}  // namespace headwise::cuda
