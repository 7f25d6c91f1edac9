#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads the same MIDI files with Motet and with symusic's C++ core, in one run:
#   bench_midi.sh [SYMUSIC [FILES [ROUNDS]]]
# SYMUSIC is the source of symusic, build/peers/symusic by default; without it this says how to get
# it and ends well.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
symusic=${1:-${SYMUSIC:-$root/build/peers/symusic}}
if [ ! -f "$symusic/CMakeLists.txt" ]; then
  echo "bench_midi: skipped, no source of symusic in $symusic; to get it:"
  echo "  pip download symusic==0.6.0 --no-deps --no-binary symusic -d build/peers"
  echo "  tar xzf build/peers/symusic-0.6.0.tar.gz -C build/peers && mv build/peers/symusic-0.6.0 build/peers/symusic"
  exit 0
fi
if [ ! -d "$root/build/data/midi" ]; then
  echo "bench_midi: skipped, no build/data/midi; make data"
  exit 0
fi
build=$root/build/versus
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMOTET_TRAIN=OFF \
  -DMOTET_SYMUSIC="$(cd "$symusic" && pwd)" --log-level=WARNING >/dev/null
cmake --build "$build" --target midi_versus_symusic
"$build/bin/midi_versus_symusic" "$root/build/data/midi" "${2:-400}" "${3:-15}"
