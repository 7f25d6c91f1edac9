#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets for days if need be, at the lowest priority, and counts:
#
#   fuzz_campaign.sh BIN FOLDER RUNS [NAME...]   each target of BIN (or those named) until it has
#                                                RUNS runs, a piece of each in turn
#   fuzz_campaign.sh count FOLDER                what has been run so far
#
# A target runs in pieces of PIECE runs, PROCESSES at once, and what stopped goes on where it was when
# the command is given again. BIN is copied to FOLDER/bin first, so that it may be built again
# meanwhile. FOLDER/corpus grows from fuzz/corpus; a finding is kept in FOLDER/findings, its log in
# FOLDER/logs, and the other pieces go on.
set -euo pipefail
PROCESSES=${PROCESSES:-2}
PIECE=${PIECE:-250000}

# Every piece writes its number of runs when it ends, with or without a finding.
runs_of() {
  { cat "$1/logs/$2".*.log 2>/dev/null || true; } |
    awk '/^stat::number_of_executed_units:/ { runs += $2 } END { printf "%d\n", runs }'
}

count() {
  local folder=$1 target name
  printf '%-14s %12s %9s %9s\n' target runs 'runs/s' findings
  for target in "$folder"/bin/*_fuzz; do
    name=$(basename "$target" _fuzz)
    printf '%-14s %12d %9d %9d\n' "$name" "$(runs_of "$folder" "$name")" \
      "$({ cat "$folder/logs/$name".*.log 2>/dev/null || true; } |
        awk '/^Done / { runs += $2; seconds += $5 } END { print seconds ? int(runs / seconds) : 0 }')" \
      "$(find "$folder/findings" -name "$name-*" | wc -l)"
  done
}

run_piece() {
  local folder=$1 name=$2 runs=$3 number=$4
  # The limit of a run is long, for the whole process may be stopped for a while.
  nice -n 19 "$folder/bin/${name}_fuzz" -runs="$runs" -entropic=0 -timeout=300 -report_slow_units=100 \
    -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$folder/findings/$name-" "$folder/corpus/$name" \
    >"$folder/logs/$name.$number.log" 2>&1 ||
    echo "fuzz $name: a finding, in $folder/logs/$name.$number.log"
}
export -f run_piece

if [ "${1:-}" = count ]; then
  count "$2"
  exit
fi
here=$(cd "$(dirname "$0")/.." && pwd)
bin=$1 runs=$3
mkdir -p "$2"/{bin,corpus,findings,logs}
folder=$(cd "$2" && pwd)
if [ ! "$bin" -ef "$folder/bin" ]; then cp -u "$bin"/*_fuzz "$folder/bin/"; fi
names=("${@:4}")
if [ ${#names[@]} = 0 ]; then
  for target in "$folder"/bin/*_fuzz; do names+=("$(basename "$target" _fuzz)"); done
fi
declare -A left
for name in "${names[@]}"; do
  mkdir -p "$folder/corpus/$name"
  if [ -d "$here/fuzz/corpus/$name" ]; then cp -n "$here/fuzz/corpus/$name"/* "$folder/corpus/$name/"; fi
  left[$name]=$((runs - $(runs_of "$folder" "$name")))
done
# A piece of each in turn, so that none waits for another's end.
for ((piece = 0, going = 1; going; ++piece)); do
  going=0
  for name in "${names[@]}"; do
    if ((left[$name] <= 0)); then continue; fi
    going=1
    printf '%s\0%s\0%s\0%s\0' "$folder" "$name" \
      $((left[$name] < PIECE ? left[$name] : PIECE)) "$(date +%s).$piece"
    left[$name]=$((left[$name] - PIECE))
  done
done | xargs -0 -r -n 4 -P "$PROCESSES" bash -c 'run_piece "$@"' _
count "$folder"
