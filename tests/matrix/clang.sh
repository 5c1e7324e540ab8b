# SPDX-License-Identifier: Apache-2.0
# Everything with clang++ and no warning, under sanitizers, with assertions on (NDEBUG is not defined) and without
# -march=native. Nothing is optimised: templates compile in a third of the time, and most tests are short. Of attention
# on the CPU, random calls are enough here: they lie in memory in every way, among NaNs. Of kernels, in which the
# emulator finds stray and misaligned accesses by itself, one test of an operation is. The main build alone has tests
# that would take half a minute, whole runs of programs, benchmarks, the examples that train models, of the example
# wsd_batch_size all but what reads files, and what this compiler has no part in.
left_out='agreement/.*|laws/attention_laws|laws/head_mixing_laws'
left_out="$left_out|wsd_batch_size/bootstrap|wsd_batch_size/fit_pooled"
left_out="$left_out|scenarios/(determinism|extreme_logits|fully_masked_rows|given_delta|gradients|head_algebra"
left_out="$left_out|large_head_sizes|misaligned_pointers|odd_head_sizes|poisoned_memory|short_and_ragged_tails|strides)"
left_out="$left_out|cuda/attend_(absorbed|absorbed_policies|components|few_queries|gradients|head_counts|layouts"
left_out="$left_out|mixing_on_the_fly|normalized|policies|poisoned_memory|score_data|scores)"
left_out="$left_out|cuda/(attention_layer|decode_large_heads|head_sizes|large_head_sizes|many_blocks|mix_heads"
left_out="$left_out|normalize_heads|rotate)"
left_out="$left_out|emulator/(attend_counts|attend_nan_cost|attend_order|decode_results|decode_shared_memory"
left_out="$left_out|decode_statistics|head_kernels|layer_calls)"
cmake -S . -B build-ci/clang -DCMAKE_CXX_COMPILER=clang++ -DHEADWISE_WARNINGS_AS_ERRORS=ON \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DHEADWISE_SANITIZE="address;undefined" -DHEADWISE_NATIVE=OFF \
  -DHEADWISE_BUILD_BENCH=OFF -DHEADWISE_EXAMPLES=wsd_batch_size \
  -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld \
  -DHEADWISE_TESTS_LEFT_OUT="$left_out|dependencies|device|documents|gpu_bench|headers|instruction_sets|packaging"
cmake --build build-ci/clang --parallel "$(nproc)"
export LSAN_OPTIONS="suppressions=$PWD/tests/sanitizers/leaks_of_others.txt:print_suppressions=0"
build-ci/clang/examples/wsd_batch_size/tests/wsd_batch_size_unit_of_input_test \
  --test-case-exclude="long logs take a blink"
ctest --test-dir build-ci/clang --parallel "$(nproc)" --output-on-failure --label-exclude program \
  --exclude-regex '^examples/wsd_batch_size/unit_of_input$'
