# SPDX-License-Identifier: Apache-2.0
# What is measured on a GPU compiles, where nvcc is. Nothing is optimised, for nothing is run.
PATH=$PATH:/usr/local/cuda/bin
if ! command -v nvcc >/dev/null; then
  echo "nvcc is missing"
  exit 0
fi
cmake -S . -B build-ci/gpu -DCMAKE_CUDA_COMPILER="$(command -v nvcc)" -DCMAKE_CUDA_ARCHITECTURES=90 \
  -DHEADWISE_BUILD_GPU_BENCH=ON -DHEADWISE_BUILD_TESTS=OFF -DHEADWISE_BUILD_EXAMPLES=OFF \
  -DCMAKE_CUDA_FLAGS="-Xcicc -O0 -Xptxas -O0"
cmake --build build-ci/gpu --parallel "$(nproc)" --target headwise_gpu_bench small_cases
