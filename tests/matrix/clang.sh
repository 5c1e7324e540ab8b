# SPDX-License-Identifier: Apache-2.0
# Everything with clang++ and no warning, under sanitizers, with assertions on (NDEBUG is not defined) and without
# -march=native. Nothing is optimised: templates compile in a third of the time, and most tests are short. Left to the
# main build are tests that would take half a minute, on code that others run too, whole runs of programs, the examples
# that train models, and what this compiler has no part in. Of the kernels, in which the emulator finds stray and
# misaligned accesses by itself, one test of an operation is enough.
left_out='agreement/.*|scenarios/(determinism|extreme_logits|gradients|large_head_sizes|odd_head_sizes)'
left_out="$left_out|scenarios/short_and_ragged_tails"
left_out="$left_out|cuda/attend_(absorbed|absorbed_policies|components|gradients|head_counts|layouts|mixing_on_the_fly)"
left_out="$left_out|cuda/attend_(policies|poisoned_memory|score_data|scores)"
left_out="$left_out|cuda/(attention_layer|decode_large_heads|head_sizes|large_head_sizes|many_blocks)"
left_out="$left_out|emulator/(attend_counts|attend_nan_cost|attend_order|decode_results|decode_shared_memory)"
left_out="$left_out|emulator/decode_statistics"
left_out="$left_out|wsd_batch_size/(bootstrap|fit_pooled)"
cmake -S . -B build-ci/clang -DCMAKE_CXX_COMPILER=clang++ -DHEADWISE_WARNINGS_AS_ERRORS=ON \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DHEADWISE_SANITIZE="address;undefined" -DHEADWISE_NATIVE=OFF \
  -DHEADWISE_EXAMPLES=wsd_batch_size -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld \
  -DHEADWISE_TESTS_LEFT_OUT="$left_out|dependencies|device|documents|gpu_bench|headers|instruction_sets|packaging"
cmake --build build-ci/clang --parallel "$(nproc)"
export LSAN_OPTIONS="suppressions=$PWD/tests/sanitizers/leaks_of_others.txt:print_suppressions=0"
build-ci/clang/examples/wsd_batch_size/tests/wsd_batch_size_test --test-case-exclude="long logs take a blink,\
intervals of whole runs*,hyperbolas are recognised*,curves of an additive law*,the language model's own runs*,\
the hyperbola of the MLPerf runs*" &
ctest --test-dir build-ci/clang --parallel "$(nproc)" --output-on-failure --label-exclude program \
  --exclude-regex '^examples/wsd_batch_size/unit$'
wait $!
