#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures build/, with ninja where there is one. An existing build folder keeps its generator and compiler.
set -eu
cd "$(dirname "$0")/.."
if [ ! -f build/CMakeCache.txt ] && command -v ninja >/dev/null; then
  set -- -G Ninja
fi
cmake -S . -B build "$@"
