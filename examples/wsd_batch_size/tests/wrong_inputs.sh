# SPDX-License-Identifier: Apache-2.0
# Wrong input gives status 2 and one line that names the file, the line and the column, or the option.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

# refused WORDS ARGUMENTS...
refused() {
  local words=$1
  shift
  timeout 20 "$program" "$@" >"$work/stdout" 2>"$work/stderr"
  local status=$?
  [ $status -eq 2 ] || fail "status $status of: $*: $(cat "$work/stderr")"
  [ "$(wc -l <"$work/stderr")" -eq 1 ] || fail "not one line for $*: $(cat "$work/stderr")"
  [ ! -s "$work/stdout" ] || fail "output beside the error of $*: $(cat "$work/stdout")"
  grep -q -e "$words" "$work/stderr" || fail "no '$words' for $*: $(cat "$work/stderr")"
}

# refused_text WORDS TEXT: as the content of a file.
refused_text() {
  printf "$2" >"$work/in.csv"
  refused "$1" fit "$work/in.csv"
}

head=run,step,tokens,loss
refused_text "in.csv:1:1: the file is empty" ""
refused_text "in.csv:[12]:[0-9]*: nothing follows the header" "$head\n"
refused_text "in.csv:1:1: the columns are .*needed: step, tokens and loss" "a,b,c\n1,2,3\n"
refused_text "in.csv:2:3: the column .step. is .x." "$head\na,x,1,1\n"
refused_text "in.csv:2:5: the column .tokens. is .nan." "$head\na,1,nan,1\n"
refused_text "in.csv:2:5: .*beyond the range" "$head\na,1,1e999,1\n"
refused_text "in.csv:3:[0-9]*: the line has 3 fields, needed: 4" "$head\na,1,8,3\na,2,16\n"
refused_text "in.csv:2:[0-9]*: the byte" "$head\n\\000\\001,1,2,3\n"
refused_text "run a of 3 lines, needed: at least 40" "$head\na,1,8,3\na,2,16,2\na,3,24,1\n"
refused_text "points is of 1 batch sizes .*needed: at least 3" "batch_size,tokens\n8,800\n8,816\n8,80000\n"
refused_text "its batch varies" "$head\na,1,8,3\na,2,16,2\na,3,240,1\na,4,2000,1\na,5,3000,1\n"
refused "missing.csv: cannot be opened" fit "$work/missing.csv"
refused "is a folder" fit "$work"

# A line of a gigabyte is refused without being read.
{ echo $head; head -c 1000000000 /dev/zero | tr '\0' 7; } 2>/dev/null | timeout 20 "$program" fit /dev/stdin \
  >"$work/stdout" 2>"$work/stderr"
[ "${PIPESTATUS[1]}" -eq 2 ] || fail "status of a long line"
said stderr "/dev/stdin:2:[0-9]*: the line is longer than 64 KiB"

"$program" synth --sizes 8 --steps 20K --every 100 --out "$work/runs.csv" 2>/dev/null || fail "synth"
refused "no target is left" fit "$work/runs.csv" --targets 0.1
refused "targets" fit "$work/runs.csv" --targets x
refused "model" fit "$work/runs.csv" --model m9
refused "bootstrap" fit "$work/runs.csv" --bootstrap -1
refused "share" fit "$work/runs.csv" --share nan
refused "deviation" fit "$work/runs.csv" --deviation nan
refused "noise" synth --noise nan
refused "at most 50 million" synth --steps 1e18
refused "time-constant" simulate --law 1.7,47,0.5,167K,1 --total 1B --time-constant nan
refused "margin" schedule --law 1.7,47,0.5,167K,1 --total 1B --every 100M --margin nan
refused "largest_ratio is nan" schedule --law 1.7,47,0.5,167K,1 --total 1B --every 100M --largest-ratio nan
refused "nonsense" fit "$work/runs.csv" --nonsense
refused "files is required" fit
refused "subcommand is required" --
refused "subcommand is required" nonsense

refused "a law is needed\|one source" schedule --total 1B --every 1M
refused "total is required" schedule --law 1.7,47,0.5,167K,1 --every 1M
refused "ladder is empty" schedule --law 1.7,47,0.5,167K,1 --total 1B
refused "ladder" schedule --law 1.7,47,0.5,167K,1 --total 1B --values 4M,2M
refused "largest_batch is" schedule --law 1.7,47,0.5,167K,1 --total 500B --every 100B --cap 100K
refused "needs five numbers" schedule --law 1,2,3 --total 1B --every 1M
refused "signal_exponent is -1" schedule --law 1.7,47,-1,167K,1 --total 1B --every 1M
refused "needs three numbers" schedule --law 1.7,47,0.5,167K,1 --total 1B --every 1M --loss-law 1,2
refused "needs a whole number" schedule --law 1.7,47,0.5,167K,1 --total 1.5 --every 1M
refused "no result of fit" schedule --from "$work/runs.csv" --total 1B --every 1M
printf '{"law": null, "targets": []}' >"$work/none.json"
refused "has no law" schedule --from "$work/none.json" --total 1B --every 1M
printf '{"law": {"a": "x"}, "targets": []}' >"$work/bad.json"
refused "no result of fit" simulate --from "$work/bad.json" --total 1B
refused "no column batch_size" schedule --table "$work/runs.csv" --total 1B --every 1M
refused "needs --sequence-length" schedule --law 1.7,47,0.5,167K,1 --total 1B --every 1B --format megatron
refused "boundary" schedule --law 1.7,47,0.5,167K,1 --total 1B --every 1B --boundary 12parsecs
refused "excludes" simulate --quadratic --law 1.7,47,0.5,167K,1 --total 1B
refused "sizes" synth --sizes 1
refused "truth" synth --truth nothing

for command in "" fit plot schedule simulate synth check; do
  "$program" $command --help >"$work/help" || fail "$command --help"
  grep -q "Usage" "$work/help" || fail "no help of $command"
done
echo passed
