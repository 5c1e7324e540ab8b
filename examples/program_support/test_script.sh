# SPDX-License-Identifier: Apache-2.0
# What all scripts share that test a program from outside. Each is called with the program, an input, a folder of its own
# and cmake, and sets `here` to where it lies.
set -u

program=$1
input=$2
work=$3
cmake=$4

rm -rf "$work"
mkdir -p "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
