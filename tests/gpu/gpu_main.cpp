// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include <cuda_runtime_api.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

/// Tests that need a GPU: where there is none the program ends with 77, which says that nothing was tested. With
/// HEADWISE_NEEDS_DEVICE in the environment there is one, and who cannot use it has failed.
int main(int argc, char** argv) {
  constexpr int skipped = 77;
  int devices = 0;
  const cudaError_t answer = cudaGetDeviceCount(&devices);
  if (answer != cudaSuccess || devices == 0) {
    const bool needed = std::getenv("HEADWISE_NEEDS_DEVICE") != nullptr;
    std::cout << (needed ? "failed" : "skipped") << ": no device (" << cudaGetErrorString(answer) << ")\n";
    return needed ? EXIT_FAILURE : skipped;
  }
  return doctest::Context(argc, argv).run();
}
