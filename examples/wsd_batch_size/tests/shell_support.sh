# SPDX-License-Identifier: Apache-2.0
# What the scripts here share. Each is called with the program, the folder of its sources, a folder of its own and cmake.
set -u

program=$1
sources=$2
work=$3
cmake=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rm -rf "$work"
mkdir -p "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# ended STATUS ARGUMENTS...: runs the program, and fails unless it ends so.
ended() {
  local expected=$1
  shift
  timeout 100 "$program" "$@" >"$work/stdout" 2>"$work/stderr"
  local status=$?
  [ $status -eq "$expected" ] || fail "status $status of: $*: $(cat "$work/stderr")"
}

# said FILE WORDS
said() {
  grep -q -e "$2" "$work/$1" || fail "no '$2' in $1: $(cat "$work/$1")"
}
