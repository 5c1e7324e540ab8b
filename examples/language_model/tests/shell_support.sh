# SPDX-License-Identifier: Apache-2.0
# What the scripts here share. Each is called with the program, a text, a folder of its own and cmake.
set -u

program=$1
text=$2
work=$3
cmake=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rm -rf "$work"
mkdir -p "$work"

# Tests run beside each other: threads that wait must not keep others from working.
export OMP_WAIT_POLICY=passive

# Small enough for seconds, and with all parts.
tiny=(--text "$text" --d-model 64 --heads 4 --layers 1 --context 16 --batch 2 --cached-tokens 32)

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# The losses of a finished folder, which two runs of the same settings must share to the last digit.
losses_of() {
  grep held_out_loss "$1/results.json" && cat "$1/loss.csv"
}

require_same_losses() {
  [ "$(losses_of "$1")" = "$(losses_of "$2")" ] || fail "the losses in $1 and $2 differ"
}
