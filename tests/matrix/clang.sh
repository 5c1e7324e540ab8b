# SPDX-License-Identifier: Apache-2.0
# Everything with clang++ and no warning, under sanitizers, with assertions on (NDEBUG is not defined) and without
# -march=native. Nothing is optimised: templates compile in a third of the time, and tests are short. Whole runs of
# programs, the examples that train models, and tests in which this compiler has no part, are left to the main build.
cmake -S . -B build-ci/clang -DCMAKE_CXX_COMPILER=clang++ -DHEADWISE_WARNINGS_AS_ERRORS=ON \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DHEADWISE_SANITIZE="address;undefined" -DHEADWISE_NATIVE=OFF \
  -DHEADWISE_EXAMPLES=wsd_batch_size -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld
cmake --build build-ci/clang --parallel "$(nproc)"
ctest --test-dir build-ci/clang --parallel "$(nproc)" --output-on-failure --label-exclude program \
  --exclude-regex '^(dependencies|device|documents|gpu_bench)/'
