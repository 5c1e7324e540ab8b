# SPDX-License-Identifier: Apache-2.0
# What the scripts here share; their input is a text.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../program_support/test_script.sh"
text=$input

# Tests run beside each other: threads that wait must not keep others from working.
export OMP_WAIT_POLICY=passive

# Small enough for seconds, and with all parts.
tiny=(--text "$text" --d-model 64 --heads 4 --layers 1 --context 16 --batch 2 --cached-tokens 32)

# The losses of a finished folder, which two runs of the same settings must share to the last digit.
losses_of() {
  grep held_out_loss "$1/results.json" && cat "$1/loss.csv"
}

require_same_losses() {
  [ "$(losses_of "$1")" = "$(losses_of "$2")" ] || fail "the losses in $1 and $2 differ"
}
