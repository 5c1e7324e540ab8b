# SPDX-License-Identifier: Apache-2.0
# Wrong input gives status 2 and one line that names it, and takes nothing away.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

# refused WORDS ARGUMENTS...
refused() {
  local words=$1
  shift
  timeout 20 "$program" --out "${out:-$work/out}" "$@" >"$work/stdout" 2>"$work/stderr"
  local status=$?
  [ $status -eq 2 ] || fail "status $status of: $*"
  [ "$(wc -l <"$work/stderr")" -eq 1 ] || fail "not one line for $*: $(cat "$work/stderr")"
  grep -q -e "$words" "$work/stderr" || fail "no '$words' for $*: $(cat "$work/stderr")"
}

: >"$work/empty"
printf 'too short' >"$work/short"
refused "cannot read the text" --text "$work/missing"
refused "cannot read the text" --text "$work"
refused "is empty" --text "$work/empty"
refused "too short" --text "$work/short"
refused "too short" --text "$text" --context 100000
refused "heads 7 does not divide" --heads 7
refused "not compiled in" --heads 16
refused "heads 0 " --heads 0
refused "heads -8 " --heads -8
refused "d-model 100" --d-model 100
refused "nonsense is unknown" --variant multi_head,nonsense
refused "cosine" --schedule cosine
refused "steps" --steps 0
refused "steps" --steps 1e
refused "batch" --batch -1
refused "batch" --batch 2000000000
refused "learning-rate" --learning-rate 0
refused "learning-rate" --learning-rate nan
refused "learning-rate" --learning-rate inf
refused "seed" --seed x
refused "seeds" --seeds 0
refused "layers" --layers 0
refused "context" --context 0
refused "minutes" --minutes 0
refused "minutes" --minutes 1 --steps 3
refused "threads" --threads -1
refused "prompt" --prompt ""
refused "nonsense" --nonsense
refused "nonsense" nonsense
out=$work/empty/folder refused "cannot write" --text "$text"
refused "cannot write" --curve "$work/empty/log.csv" --text "$text"
refused "diverged" "${tiny[@]}" --learning-rate 1e30 --schedule constant --steps 200

# Checkpoints that cannot be resumed stay as they are.
one=("${tiny[@]}" --variant mea --steps 5)
"$program" "${one[@]}" --out "$work/out" >/dev/null 2>&1 || fail "the run to resume"
checkpoint=$work/out/checkpoints/mea-seed0.safetensors
cp "$checkpoint" "$work/good"
refused "seed0.safetensors.*--steps 5, not 6" "${tiny[@]}" --variant mea --steps 6 --resume
refused "seed0.safetensors.*--learning-rate 0.002, not 0.001" "${one[@]}" --learning-rate 0.001 --resume
cmp -s "$checkpoint" "$work/good" || fail "a refused checkpoint was changed"
damage() {
  cp "$checkpoint" "$work/damaged"
  refused "$1" "${one[@]}" --resume
  cmp -s "$checkpoint" "$work/damaged" || fail "a damaged checkpoint was changed"
}
head -c 1000 "$work/good" >"$checkpoint" && damage "damaged"
head -c -1 "$work/good" >"$checkpoint" && damage "damaged"
cp "$work/good" "$checkpoint"
byte=$(od -An -tu1 -j100000 -N1 "$work/good")
printf "\\x$(printf %x $(((byte + 1) % 256)))" | dd of="$checkpoint" bs=1 seek=100000 conv=notrunc 2>/dev/null
damage "checksum"
cp "$text" "$checkpoint" && damage "damaged or no safetensors file"
cp "$work/good" "$checkpoint"
"$program" "${one[@]}" --out "$work/out" --resume >/dev/null 2>&1 || fail "the good checkpoint is refused"

"$program" --help >"$work/help" || fail "--help"
grep -q -e "--steps.*=500" "$work/help" || fail "--help does not show defaults"
echo passed
