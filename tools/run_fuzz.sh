#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target of a build for some seconds, four at a time:  run_fuzz.sh BIN SECONDS
# Starts from fuzz/corpus/<target>/ where there is one, and holds each file of it to the whole law
# first. A finding is kept in BIN and named.
set -euo pipefail
bin=$(cd "$1" && pwd)
seconds=$2
seeds=$(cd "$(dirname "$0")/.." && pwd)/fuzz/corpus

run_one() {
  local target=$1 name
  name=$(basename "$target" _fuzz)
  local corpus=$3/corpus/$name log=$3/$name.log
  mkdir -p "$corpus"
  local folders=("$corpus")
  if [ -d "$4/$name" ]; then folders+=("$4/$name"); fi
  # Entropic schedules cost these targets up to nine tenths of their runs (docs/fuzzing.md).
  local options=(-entropic=0 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$3/$name-")
  if { [ ! -d "$4/$name" ] ||
         MOTET_FUZZ_WHOLE_LAW=1 "$target" "${options[@]}" -runs=0 "$4/$name" >"$log" 2>&1; } &&
      "$target" "${options[@]}" -max_total_time="$2" -print_final_stats=1 "${folders[@]}" \
        >"$log" 2>&1; then
    echo "fuzz $name: no finding in $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
  else
    tail -40 "$log"
    echo "fuzz $name: a finding; $log, and the input beside it"
    return 1
  fi
}
export -f run_one

targets=("$bin"/*_fuzz)
[ -x "${targets[0]}" ] || { echo "run_fuzz: no target in $bin" >&2; exit 1; }
printf '%s\0' "${targets[@]}" |
  xargs -0 -P 4 -I '{}' bash -c 'run_one "$@"' _ '{}' "$seconds" "$bin" "$seeds"
