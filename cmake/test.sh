#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs all tests. Arguments go to ctest: sh cmake/test.sh -R reference
set -eu
cd "$(dirname "$0")/.."
sh cmake/install_dependencies.sh
sh cmake/configure.sh
cmake --build build --parallel "$(nproc)"
result=0
ctest --test-dir build --output-on-failure --parallel "$(nproc)" "$@" || result=$?
if grep -q '^HEADWISE_NVCC:.*-NOTFOUND$' build/CMakeCache.txt; then
  echo "nvcc is missing: device code was not compiled, the tests device/* were skipped"
fi
exit "$result"
