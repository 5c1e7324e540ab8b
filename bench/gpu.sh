#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds, tests and measures the kernels on a machine with a GPU, in less than nine minutes:
#
#   sh bench/gpu.sh OUT_DIR
#
# It needs CMake, a C++ compiler and nvcc, and python3 with PyTorch for the measurements; other packages are found
# through CMAKE_PREFIX_PATH. What is missing or fails is told and left out, and so is all that needs a device where
# there is none. OUT_DIR gets results.json, results.md and a log of every step; the build is in build-gpu.
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
  rest=$(($(left) - 180))
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
if [ -z "$architecture" ]; then
  device=""
  architecture=90
  echo "there is no device: all is built for sm_$architecture, nothing is run"
fi

generator=""
if [ ! -f build-gpu/CMakeCache.txt ] && command -v ninja >/dev/null; then generator="-G Ninja"; fi
library=""
tests=""
if ! command -v nvcc >/dev/null; then
  skip configure "nvcc is missing"
else
  nvcc=$(command -v nvcc)
  configure="cmake -S . -B build-gpu $generator -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_COMPILER=$nvcc
    -DCMAKE_CUDA_ARCHITECTURES=$architecture -DHEADWISE_BUILD_GPU_BENCH=ON -DHEADWISE_BUILD_EXAMPLES=OFF"
  # The words of the command have no spaces in them.
  # shellcheck disable=SC2086
  if step configure 60 $configure -DHEADWISE_BUILD_TESTS=ON -DHEADWISE_GPU_TESTS=ON; then
    tests=yes
  else
    step configure_without_tests 60 $configure -DHEADWISE_BUILD_TESTS=OFF -DHEADWISE_GPU_TESTS=OFF
  fi
  jobs=${JOBS:-$(nproc)}
  if step build_library 240 cmake --build build-gpu --parallel "$jobs" --target headwise_gpu_bench small_cases; then
    library=build-gpu/bench/gpu/libheadwise_gpu_bench.so
  fi
fi

if [ -n "$tests" ]; then
  # Tests that do not compile or take too long must not keep the others from running.
  if [ -f build-gpu/build.ninja ]; then keep_going="-k 0"; else keep_going=-k; fi
  # shellcheck disable=SC2086
  step build_tests 150 cmake --build build-gpu --parallel "$jobs" --target gpu_tests -- $keep_going
fi
if [ -z "$device" ]; then
  for name in tests memcheck racecheck; do skip $name "no device"; done
else
  if [ -n "$tests" ]; then
    step tests 90 ctest --test-dir build-gpu -L gpu --output-on-failure --no-tests=error
  else
    skip tests "they could not be configured"
  fi
  for tool in memcheck racecheck; do
    if [ -z "$library" ]; then
      skip $tool "the library was not built"
    elif command -v compute-sanitizer >/dev/null; then
      step $tool 45 compute-sanitizer --tool $tool --error-exitcode 1 build-gpu/bench/gpu/small_cases
    else
      skip $tool "compute-sanitizer is missing"
    fi
  done
fi

if command -v "$python" >/dev/null; then
  seconds=$(left)
  # It keeps its own time, and is given some more to end in.
  timeout -k 5 "$((seconds > 20 ? seconds : 20))" "$python" bench/gpu/compare.py --library "$library" --out "$out" \
    --steps "$steps" --seconds $((seconds - 15)) 2>"$out/compare.log" ||
    echo "compare.py did not come to its end, see $out/compare.log"
else
  echo "compare: skipped: python3 is missing"
  printf '{"status": "skipped: python3 is missing"}\n' >"$out/results.json"
  printf '# headwise on a GPU\n\nskipped: python3 is missing\n' >"$out/results.md"
fi
echo "$(($(date +%s) - begin)) s, results are in $out/results.md"
exit 0
