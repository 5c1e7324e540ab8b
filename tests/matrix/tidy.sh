# SPDX-License-Identifier: Apache-2.0
# Static analysis of all headers, and of the templates as the examples use them. Most time goes into headers, so that
# the sources of a program are read as one, where they can be.
cmake -S . -B build-ci/tidy -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DHEADWISE_BUILD_BENCH=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0
# The compilation database knows which source files there are; models of one variant each differ by its name alone. What
# is made of many sources takes longest and comes first.
sources=$(sed -n 's/^ *"file": "\([^"]*\)".*/\1/p' build-ci/tidy/compile_commands.json |
  grep -E '/examples/|/tests/headers/first_user\.cpp$' |
  grep -vE '\.cu$|/make_model_|_test(_main)?\.(cpp|dir)|/doctest_main\.cpp' | sort)
for folder in tests/headers examples/wsd_batch_size examples/language_model examples/program_support; do
  echo "$sources" | grep -q "/$folder/"
done
echo "$sources" | xargs -n 1 -P "$(nproc)" clang-tidy -p build-ci/tidy --quiet \
  --checks=-bugprone-suspicious-include --header-filter='/include/headwise/|/examples/.*\.cpp$'
