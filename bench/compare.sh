#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures attention on this CPU beside PyTorch, ONNX Runtime and OpenVINO, which it installs for itself alone in
# build/bench/venv, in less than ten minutes of two cores. Results are in build/bench/compare.json and compare.md.
# Arguments go to compare.py: --quick takes a minute.
set -eu
cd "$(dirname "$0")/.."
sh cmake/install_dependencies.sh compare
sh cmake/configure.sh
cmake --build build --parallel "$(nproc)" --target headwise_compare
venv=build/bench/venv
if [ ! -x $venv/bin/pip ]; then python3 -m venv $venv; fi
if ! $venv/bin/python -c 'import ml_dtypes, onnx, onnxruntime, openvino, torch' 2>/dev/null; then
  # One of OpenVINO's operators is not the same in every release.
  $venv/bin/pip install ml_dtypes numpy onnx onnxruntime 'openvino==2026.4.*' torch
fi
exec $venv/bin/python bench/compare/compare.py --library build/bench/compare/libheadwise_compare.so --out build/bench "$@"
