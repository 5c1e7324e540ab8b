// SPDX-License-Identifier: Apache-2.0
#include <headwise/cuda/mix_heads.cuh>
#include <span>

// Counting needs no device.
int main() {
  using headwise::cuda_workspace;
  const std::size_t bytes = cuda_workspace::bytes_for([](cuda_workspace& scratch) {
    const auto heads = [] {
      return headwise::batch_token_head_view<4, 8>(cuda_workspace::stand_in<float>(3 * 4 * 8), 1, 3);
    };
    const std::span<float> weight(cuda_workspace::stand_in<float>(16), 16);
    headwise::cuda::mix_heads_backward(heads(), weight, heads(), heads(), headwise::result_write::overwrite, weight,
                                       scratch);
  });
  return bytes == 0 ? 1 : 0;
}
