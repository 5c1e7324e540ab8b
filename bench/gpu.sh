#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds, tests and measures the kernels on a machine with a GPU, in less than nine minutes:
#
#   sh bench/gpu.sh OUT_DIR
#
# It needs CMake, a C++ compiler and nvcc, doctest for the tests, and python3 with PyTorch for the measurements; what
# lies in places of its own is found through CMAKE_PREFIX_PATH. What is missing or fails is told and left out, and so is
# all that needs a device where there is none. OUT_DIR gets results.json, results.md and a log of every step; the build
# is in build-gpu.
set -u
if [ $# -ne 1 ]; then
  echo "usage: sh bench/gpu.sh OUT_DIR" >&2
  exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
begin=$(date +%s)
limit=525
steps=$out/steps.tsv
: >"$steps"
# A process that goes on where one before it died must find nothing older.
rm -f "$out/results.json" "$out/results.md"
PATH=$PATH:/usr/local/cuda/bin
python=${PYTHON:-python3}

left() { echo $((limit - $(date +%s) + begin)); }

# tell STEP OUTCOME SECONDS
tell() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$steps"
  echo "$1: $2, $3 s"
}

# step NAME SECONDS COMMAND...: runs the command for so long at most, and returns whether it succeeded. Time is left for
# the comparison.
step() {
  name=$1
  seconds=$2
  shift 2
  rest=$(($(left) - 210))
  if [ "$rest" -lt "$seconds" ]; then seconds=$rest; fi
  if [ "$seconds" -le 0 ]; then
    tell "$name" "skipped: out of time" 0
    return 1
  fi
  start=$(date +%s)
  timeout -k 5 "$seconds" "$@" >"$out/$name.log" 2>&1
  status=$?
  took=$(($(date +%s) - start))
  case $status in
    0) tell "$name" ok "$took" ;;
    124 | 137) tell "$name" "failed: not done after $seconds s" "$took" ;;
    *) tell "$name" "failed: status $status, see $name.log" "$took" ;;
  esac
  return $status
}

skip() { tell "$1" "skipped: $2" 0; }

# The architecture of the device, such as 90; empty without one.
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d '. ')
case $architecture in *[!0-9]*) architecture="" ;; esac
device=yes
# Where there is a device, tests that find none have failed.
export HEADWISE_NEEDS_DEVICE=1
if [ -z "$architecture" ]; then
  device=""
  unset HEADWISE_NEEDS_DEVICE
  architecture=90
  echo "there is no device: all is built for sm_$architecture, nothing is run"
fi

generator=""
if [ ! -f build-gpu/CMakeCache.txt ] && command -v ninja >/dev/null; then generator="-G Ninja"; fi
library=""
cases=""
tests=""
if ! command -v nvcc >/dev/null; then
  skip configure "nvcc is missing"
else
  nvcc=$(command -v nvcc)
  configure="cmake -S . -B build-gpu $generator -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_COMPILER=$nvcc
    -DCMAKE_CUDA_ARCHITECTURES=$architecture -DHEADWISE_BUILD_GPU_BENCH=ON -DHEADWISE_BUILD_EXAMPLES=OFF
    -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON"
  # The words of the command have no spaces in them. Of the tests only the folder gpu is wanted: others need packages
  # that nothing here does, and which are not even looked for, since a package that lacks a part is an error.
  # shellcheck disable=SC2086
  if step configure 60 $configure -DHEADWISE_BUILD_TESTS=ON -DHEADWISE_GPU_TESTS=ON \
    "-DHEADWISE_TESTS_LEFT_OUT=[^g].*|gpu.+"; then
    tests=yes
  else
    step configure_without_tests 60 $configure -DHEADWISE_BUILD_TESTS=OFF -DHEADWISE_GPU_TESTS=OFF
  fi
  jobs=${JOBS:-$(nproc)}
  if step build_library 200 cmake --build build-gpu --parallel "$jobs" --target headwise_gpu_bench; then
    library=build-gpu/bench/gpu/libheadwise_gpu_bench.so
    if step build_small_cases 40 cmake --build build-gpu --target small_cases; then cases=yes; fi
  fi
fi

# sanitize STEP TOOL SECONDS PROGRAM: runs the program under one tool of compute-sanitizer.
sanitize() {
  if [ -z "$device" ]; then
    skip "$1" "no device"
  elif [ ! -x "$4" ]; then
    skip "$1" "its program was not built"
  elif command -v compute-sanitizer >/dev/null; then
    step "$1" "$3" compute-sanitizer --tool "$2" --error-exitcode 1 "$4"
  else
    skip "$1" "compute-sanitizer is missing"
  fi
}

# While compilers keep the processors busy, the device has nothing else to do.
(
  small_cases=""
  if [ -n "$cases" ]; then small_cases=build-gpu/bench/gpu/small_cases; fi
  for tool in memcheck racecheck synccheck; do sanitize $tool $tool 50 "$small_cases"; done
) &
if [ -n "$tests" ]; then
  # Tests that do not compile or take too long must not keep the others from running.
  if [ -f build-gpu/build.ninja ]; then keep_going="-k 0"; else keep_going=-k; fi
  # shellcheck disable=SC2086
  step build_tests 160 cmake --build build-gpu --parallel "$jobs" --target gpu_tests -- $keep_going
fi
wait
if [ -z "$tests" ]; then
  skip tests "they could not be configured"
elif [ -z "$device" ]; then
  skip tests "no device"
else
  step tests 90 ctest --test-dir build-gpu -L gpu --parallel 8 --timeout 60 --output-on-failure --no-tests=error
fi
# Tensors with gaps between their rows and at addresses of any alignment, empty ones, and numbers of every type.
for name in attend_layouts attend_edges attend_by_rows; do
  sanitize memcheck_$name memcheck 40 "build-gpu/tests/gpu/gpu_cuda_${name}_test"
done

if command -v "$python" >/dev/null; then
  : >"$out/compare.log"
  resume=""
  # It keeps its own time, and is given some more to end in. Where a signal ends it, a new process goes on behind the
  # part that was measured, of which there are eight.
  for _ in 1 2 3 4 5 6 7 8 9; do
    seconds=$(left)
    # shellcheck disable=SC2086
    timeout -k 5 "$((seconds > 20 ? seconds : 20))" "$python" bench/gpu/compare.py --library "$library" --out "$out" \
      --steps "$steps" --seconds $((seconds - 15)) $resume 2>>"$out/compare.log"
    status=$?
    if [ $status -le 128 ] || [ "$(left)" -lt 30 ]; then break; fi
    resume=--resume
  done
  if [ $status -ne 0 ]; then echo "compare.py did not come to its end, see $out/compare.log"; fi
else
  echo "compare: skipped: python3 is missing"
  printf '{"status": "skipped: python3 is missing"}\n' >"$out/results.json"
  printf '# headwise on a GPU\n\nskipped: python3 is missing\n' >"$out/results.md"
fi
echo "$(($(date +%s) - begin)) s, results are in $out/results.md"
exit 0
