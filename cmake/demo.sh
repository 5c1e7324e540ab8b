#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains and compares small language models, results in build/demo. Arguments go to the program, --help lists them.
set -eu
cd "$(dirname "$0")/.."
sh cmake/install_dependencies.sh
sh cmake/configure.sh
cmake --build build --parallel "$(nproc)" --target language_model
exec build/examples/language_model/language_model "$@"
