#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tokenizes the same MIDI files with Motet, on one thread and on more, and with MidiTok, in one run:
#   bench_tokens.sh [KIND [EVERY]]     KIND is REMI, TSD, ...; every EVERYth file of build/data/midi
# PYTHON names the interpreter that has miditok 3.1.0; where it is absent only Motet is timed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -d "$root/build/data/midi" ]; then
  echo "bench_tokens: skipped, no build/data/midi; make data"
  exit 0
fi
build=$root/build/versus
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMOTET_TRAIN=OFF \
  --log-level=WARNING >/dev/null
cmake --build "$build" --target tokenize_bench
"${PYTHON:-python3}" "$root/tools/bench_miditok.py" "$build/bin/tokenize_bench" \
  --data "$root/build/data/midi" --kind "${1:-REMI}" --every "${2:-60}"
