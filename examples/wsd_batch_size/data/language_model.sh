#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes language_model.csv: one small language model trained at twelve batch sizes with one learning rate, on the text of
# a dictionary, each run for the same number of tokens. Takes about forty minutes on two cores.
#
#   sh examples/wsd_batch_size/data/language_model.sh build/examples/language_model/language_model FOLDER
#
# The text is that of Debian's package dict-gcide, 0.48.5: 40 MB, so that 30M tokens are hardly ever seen twice.
set -eu
program=$1
folder=$2
context=64
tokens=30000000
mkdir -p "$folder"
zcat /usr/share/dictd/gcide.dict.dz >"$folder/text"

train() {
  "$program" --text "$folder/text" --variant multi_head --d-model 64 --heads 4 --layers 2 --context $context \
    --batch "$1" --steps $((tokens / (context * $1))) --schedule constant --learning-rate 2e-3 --threads 1 \
    --cached-tokens 16 --out "$folder/$1" --curve "$folder/$1.csv" >"$folder/$1.log" 2>&1
}

# Two at a time, the larger part of each half last.
(for batch in 8 2 16 64 24 12; do train $batch; done) &
(for batch in 32 128 4 6 96 48; do train $batch; done)
wait

# Lines of one run are joined the more, the later they are: the step grows by about one part in eighty from line to line.
thin() {
  awk -F, 'NR > 1 {
    seen++; lines++; sum += $4; step[lines] = $2; tokens[lines] = $3
    if (lines >= seen / 80) {
      middle = int((lines + 1) / 2)
      printf "%s,%d,%d,%.5f,%s\n", $1, step[middle], tokens[middle], sum / lines, $5
      lines = 0; sum = 0
    }
  }' "$1"
}
echo run,step,tokens,loss,learning_rate
for batch in 2 4 6 8 12 16 24 32 48 64 96 128; do thin "$folder/$batch.csv"; done
