#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target of a build for some seconds, four at a time:  run_fuzz.sh BIN SECONDS
# Starts from fuzz/seeds/<target>/ where there is one. A finding is kept in BIN and named.
set -euo pipefail
bin=$(cd "$1" && pwd)
seconds=$2
seeds=$(cd "$(dirname "$0")/.." && pwd)/fuzz/seeds

run_one() {
  local target=$1 name
  name=$(basename "$target" _fuzz)
  local corpus=$3/corpus/$name log=$3/$name.log
  mkdir -p "$corpus"
  local folders=("$corpus")
  if [ -d "$4/$name" ]; then folders+=("$4/$name"); fi
  if "$target" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$3/$name-" "${folders[@]}" >"$log" 2>&1; then
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
