#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Finds what the build needs and this machine lacks, installs it on Debian and Ubuntu, and names it elsewhere. With the
# argument "matrix", also what the wider tests need; with "compare", what bench/compare.sh does.
set -eu

missing=""

# need_command PACKAGE COMMAND...: one of the commands is enough.
need_command() {
  package=$1
  shift
  for name in "$@"; do
    if command -v "$name" >/dev/null; then return; fi
  done
  missing="$missing $package"
}

# need_header PACKAGE COMPILER HEADER
need_header() {
  if ! printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$3" | "$2" -x c++ -fsyntax-only - 2>/dev/null; then
    missing="$missing $1"
  fi
}

compiler=${CXX:-c++}
case $compiler in
  *clang*) need_command clang "$compiler" ;;
  *) need_command g++ "$compiler" ;;
esac
need_command cmake cmake
need_command ninja-build ninja make
need_command pkg-config pkg-config
need_command gnuplot-nox gnuplot
if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then need_command python3 python3; fi
need_header libeigen3-dev "$compiler" eigen3/Eigen/Core
need_header doctest-dev "$compiler" doctest/doctest.h
need_header libboost-context-dev "$compiler" boost/context/detail/fcontext.hpp
need_header libbenchmark-dev "$compiler" benchmark/benchmark.h
need_header libcli11-dev "$compiler" CLI/CLI.hpp
need_header nlohmann-json3-dev "$compiler" nlohmann/json.hpp
if [ "${1:-}" = matrix ]; then
  need_command g++ g++
  need_command clang clang++
  need_command clang-format clang-format
  need_command clang-tidy clang-tidy
  need_command lld ld.lld
  need_command doxygen doxygen
  need_command git git
  need_header libomp-dev clang++ omp.h
fi
if [ "${1:-}" = compare ]; then
  need_command python3 python3
  if ! python3 -c 'import ensurepip' 2>/dev/null; then missing="$missing python3-venv"; fi
fi

if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "headwise needs, by the names of Debian's packages:$missing" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
$as_root apt-get update
# The names are separate words.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
