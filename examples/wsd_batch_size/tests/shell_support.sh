# SPDX-License-Identifier: Apache-2.0
# What the scripts here share.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../program_support/test_script.sh"

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
