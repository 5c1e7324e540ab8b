# SPDX-License-Identifier: Apache-2.0
# A small run of all variants leaves a table, a sample, and files with all fields; the same run gives the same losses.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

"$program" "${tiny[@]}" --steps 30 --seeds 2 --out "$work/a" --curve "$work/log.csv" >"$work/out" 2>"$work/progress" ||
  fail "status $?: $(cat "$work/progress")"
for variant in multi_head grouped_query mea mea_half_cache head_mixing head_mixing_half_cache; do
  grep -q "^$variant .* +- " "$work/out" || fail "no row for $variant in: $(cat "$work/out")"
  [ -s "$work/a/checkpoints/$variant-seed1.safetensors" ] || fail "no checkpoint of $variant"
done
grep -q "continues the prompt" "$work/out" || fail "no sample of text"
"$cmake" "-DRESULTS=$work/a/results.json" -P "$here/check_results.cmake" || fail "results.json"
[ "$(head -1 "$work/log.csv")" = "run,step,tokens,loss,learning_rate" ] || fail "head of the training log"
grep -q "^multi_head-batch2-seed1,30,960," "$work/log.csv" || fail "last row of the training log"
if command -v gnuplot >/dev/null; then
  grep -q "</svg>" "$work/a/loss.svg" || fail "loss.svg is not complete"
fi
[ -z "$(find "$work" -name '*.tmp')" ] || fail "temporary files are left"

"$program" "${tiny[@]}" --steps 30 --seeds 2 --out "$work/b" --threads 1 >/dev/null 2>&1 || fail "second run"
require_same_losses "$work/a" "$work/b"

# A finished run is not trained again, and without gnuplot the rest is still there.
PATH=/nonexistent "$program" "${tiny[@]}" --steps 30 --seeds 2 --out "$work/b" --resume >"$work/out" 2>/dev/null ||
  fail "resuming a finished run"
grep -q "loss.svg was left out: gnuplot is not installed" "$work/out" || fail "no word about gnuplot"
require_same_losses "$work/a" "$work/b"

"$program" "${tiny[@]}" --minutes 0.01 --variant mea --out "$work/c" >/dev/null 2>&1 || fail "--minutes"
"$program" "${tiny[@]}" --minutes 0.01 --variant mea --out "$work/c" --resume >/dev/null 2>&1 ||
  fail "--minutes --resume"

# The project's own text is there without any option.
"$program" "${tiny[@]:2}" --steps 1 --variant multi_head --out "$work/d" >/dev/null 2>&1 || fail "the default text"
echo passed
