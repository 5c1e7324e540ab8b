# SPDX-License-Identifier: Apache-2.0
# Killed at random moments and resumed each time, a run ends with the losses of one that nobody disturbed.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

all=("${tiny[@]}" --variant multi_head,mea_half_cache --steps 300 --checkpoint-every 0)
start=$(date +%s%N)
"$program" "${all[@]}" --out "$work/whole" >/dev/null 2>&1 || fail "the undisturbed run"
whole_ms=$((($(date +%s%N) - start) / 1000000))

# About a dozen kills, whatever the speed of this machine: every attempt may work for a tenth of the whole time.
RANDOM=1
kills=0
while [ $kills -lt 40 ]; do
  "$program" "${all[@]}" --out "$work/killed" --resume >/dev/null 2>"$work/stderr" &
  child=$!
  ms=$((whole_ms / 40 + RANDOM % (whole_ms / 8 + 1)))
  sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
  kill -9 $child 2>/dev/null
  wait $child 2>/dev/null
  status=$?
  if [ $status -eq 0 ]; then break; fi
  [ $status -eq 137 ] || fail "status $status after $kills kills: $(cat "$work/stderr")"
  kills=$((kills + 1))
done
[ $kills -gt 0 ] || fail "the run was never killed"
"$program" "${all[@]}" --out "$work/killed" --resume >/dev/null 2>"$work/stderr" ||
  fail "the end: $(cat "$work/stderr")"
require_same_losses "$work/whole" "$work/killed"
echo "passed after $kills kills"
