# SPDX-License-Identifier: Apache-2.0
# Static analysis of all headers, and of the templates as the examples use them.
cmake -S . -B build-ci/tidy -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DHEADWISE_BUILD_BENCH=OFF
{ echo tests/headers/first_user.cpp; find examples -name '*.cpp' ! -name '*_test.cpp'; } |
  xargs -n 1 -P "$(nproc)" clang-tidy -p build-ci/tidy --quiet
