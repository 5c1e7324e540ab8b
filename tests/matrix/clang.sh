# SPDX-License-Identifier: Apache-2.0
# Everything with clang++, and no warning. Little optimisation shows as much in half the time, and whole runs of programs
# are left to the main build.
cmake -S . -B build-ci/clang -DCMAKE_CXX_COMPILER=clang++ -DHEADWISE_WARNINGS_AS_ERRORS=ON \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -DNDEBUG"
cmake --build build-ci/clang --parallel "$(nproc)"
ctest --test-dir build-ci/clang --parallel "$(nproc)" --output-on-failure --label-exclude program
