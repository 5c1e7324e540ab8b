# SPDX-License-Identifier: Apache-2.0
# Every command does its work, from synthetic runs to a fit, a picture, a schedule and a comparison.
source "$(dirname "${BASH_SOURCE[0]}")/shell_support.sh"

ended 0 synth --sizes 12 --steps 100K --every 50 --seed 3 --out "$work/runs.csv"
said stderr "the truth at a loss of 2.2: B_min 333333.3333, B_opt 1000000, "
[ "$(wc -l <"$work/runs.csv")" -eq 24001 ] || fail "not 12 runs of 2,000 lines"

# The law is found again; the fit was not told of it.
ended 0 fit "$work/runs.csv" --targets 2.3,2.2,2.1,2.05 --bootstrap 20 --json "$work/fit.json"
said stdout "^Loss 2.2000: 1[0-9] batch sizes reached it"
said stdout "^\* M3 .*M \["
said stdout "B_min lies between [0-9.]*K and "
said stdout "alpha 0.[45][0-9]* \["
"$cmake" "-DJSON=$work/fit.json" -P "$here/check_fit.cmake" || fail "fit.json"
ended 0 fit "$work/runs.csv" --model m1 --robust --target-count 3
said stdout "^\* M1 "

# The same runs through a pipe.
"$program" fit /dev/stdin --targets 2.2 <"$work/runs.csv" >"$work/piped" || fail "a pipe"
grep -q "^Loss 2.2000" "$work/piped" || fail "no target from a pipe: $(cat "$work/piped")"

# Hyperbolas have no best batch, and the program says so.
ended 0 synth --truth classical --out "$work/hyperbola.csv"
ended 3 fit "$work/hyperbola.csv"
said stdout "B_min: not identified"
said stdout "B_opt: at the edge\|curve: monotone"
ended 0 fit "$work/hyperbola.csv" --model m0
said stdout "the critical batch size E_min / S_min is 2\.[0-9]*M"
ended 0 synth --truth pieces --smallest 1.2M --largest 16M --out "$work/pieces.csv"
ended 0 fit "$work/pieces.csv" --model m2 --bootstrap 10
said stdout "^\* M2 "
ended 0 synth --truth quadratic --steps 20K
[ "$(head -1 "$work/stdout")" = "run,step,tokens,loss" ] || fail "synth does not write to the standard output"

# Ten long runs, five targets, all models, 200 draws: below 20 seconds of one core.
ended 0 synth --out "$work/long.csv"
TIMEFORMAT=%U
seconds=$({ time "$program" fit "$work/long.csv" --bootstrap 200 >"$work/stdout" 2>"$work/stderr"; } 2>&1)
said stdout "^\* M3 "
[ "${seconds%%.*}" -lt 20 ] || fail "a fit with 200 draws took $seconds seconds"

if command -v gnuplot >/dev/null; then
  ended 0 plot "$work/runs.csv" --bootstrap 5 --out "$work/runs.svg"
  grep -q "</svg>" "$work/runs.svg" || fail "runs.svg is not complete"
  for title in "Loss against tokens" "Tokens against steps" "B_min and B_opt" "All targets as one curve" \
    "as a staircase"; do
    grep -q "$title" "$work/runs.svg" || fail "no panel '$title'"
  done
  ended 0 plot "$work/pieces.csv" --out "$work/pieces.svg"
  grep -q "</svg>" "$work/pieces.svg" || fail "pieces.svg is not complete"
fi
PATH=/nonexistent "$program" plot "$work/pieces.csv" --out "$work/none.svg" >"$work/stdout" 2>"$work/stderr"
[ $? -eq 1 ] || fail "plot without gnuplot"
said stderr "none.svg was left out: gnuplot is not installed"

ended 0 schedule --from "$work/fit.json" --total 100B --every 25B --sequence-length 4096 --micro-batch 4 \
  --data-parallel 8 --margin 0.1 --boundary 2000steps --boundary 90Btokens
said stdout "gradient accumulation"
said stderr "^2000steps: 2000 steps, "
said stderr "^90Btokens: "
said stderr "^extrapolated: "
ended 0 schedule --from "$work/fit.json" --total 100B --values 1M,2M,4M --loss-law 10T,0.1,0.4 --map reached --format csv
said stdout "^0,1000000,"
printf 'tokens,batch_size\n62.5B,2M\n187.5B,4M\n312.5B,5M\n437.5B,6M\n' >"$work/table.csv"
ended 0 schedule --table "$work/table.csv" --total 500B --every 125B --granularity 1M --format csv
said stdout "^0,2000000,62500,0,62500,0,125000000000,1$"
[ "$(cut -d, -f2 "$work/stdout" | tail -n +2 | paste -sd ' ')" = "2000000 4000000 5000000 6000000" ] ||
  fail "not the staircase of the table: $(cat "$work/stdout")"
ended 0 schedule --table "$work/table.csv" --total 500B --values 2Mi,4Mi --sequence-length 4096 --format megatron
said stdout "^0:512 [0-9]*:1024$"
ended 0 schedule --table "$work/table.csv" --total 500B --values 2Mi,4Mi --format olmo-core --learning-rate sqrt
said stdout "^batch_sizes: \[2097152, 4194304\]$"
ended 0 schedule --table "$work/table.csv" --total 500B --values 2Mi,4Mi --format json --learning-rate sqrt
said stdout '"learning_rate_factor": 1.41421'

ended 0 simulate --quadratic --total 64.68B --json "$work/compared.json"
said stdout "^late switch  *1.7356 "
said stdout "^staircase  *1.818"
printf 'batch_size,tokens_per_second\n100K,1M\n10M,4M\n' >"$work/speed.csv"
ended 0 simulate --from "$work/fit.json" --total 64B --time-constant 500 --throughput "$work/speed.csv"
said stdout "hours"

ended 0 check
said stdout "hyperbola, draws with a B_min or B_opt  *0.0000"

[ -z "$(find "$work" -name '*.tmp')" ] || fail "temporary files are left"
echo passed
