# SPDX-License-Identifier: Apache-2.0
# The tests with g++ under sanitizers, with assertions on (NDEBUG is not defined), without -march=native, and no warning.
cmake -S . -B build-ci/sanitizers -DCMAKE_CXX_COMPILER=g++ -DHEADWISE_WARNINGS_AS_ERRORS=ON \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-Og -g1" -DHEADWISE_SANITIZE="address;undefined" \
  -DHEADWISE_NATIVE=OFF -DHEADWISE_EXAMPLES=wsd_batch_size -DHEADWISE_BUILD_BENCH=OFF
cmake --build build-ci/sanitizers --parallel "$(nproc)"
ctest --test-dir build-ci/sanitizers --parallel "$(nproc)" --output-on-failure --label-regex unit
