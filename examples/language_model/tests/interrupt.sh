# SPDX-License-Identifier: Apache-2.0
# Ctrl-C saves and ends with status 130; the run goes on from there.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

all=("${tiny[@]}" --variant mea --checkpoint-every 1000)
"$program" "${all[@]}" --steps 400 --out "$work/whole" >/dev/null 2>&1 || fail "the undisturbed run"

for signal in INT TERM; do
  # Endless for this purpose, so that the signal always finds it at work.
  "$program" "${all[@]}" --steps 100000000 --out "$work/$signal" >"$work/stdout" 2>"$work/stderr" &
  child=$!
  # The first line comes when the program listens.
  for _ in $(seq 600); do
    [ -s "$work/stdout" ] && break
    sleep 0.1
  done
  sleep 0.5
  [ ! -e "$work/$signal/checkpoints" ] || fail "a checkpoint before its time"
  kill -$signal $child
  wait $child
  status=$?
  [ $status -eq 130 ] || fail "status $status after $signal: $(cat "$work/stderr")"
  tail -1 "$work/stderr" | grep -q "stopped and saved" || fail "no last word after $signal: $(cat "$work/stderr")"
  [ -s "$work/$signal/checkpoints/mea-seed0.safetensors" ] || fail "no checkpoint after $signal"
done

# One that is stopped on its way and then resumed ends like the undisturbed one. Where the machine is so fast that it
# was done before, there is nothing to resume, and the losses must be the same all the more.
"$program" "${all[@]}" --steps 400 --out "$work/stopped" >/dev/null 2>&1 &
child=$!
sleep 0.3
kill -INT $child
wait $child
"$program" "${all[@]}" --steps 400 --out "$work/stopped" --resume >/dev/null 2>"$work/stderr" ||
  fail "resuming: $(cat "$work/stderr")"
require_same_losses "$work/whole" "$work/stopped"
echo passed
