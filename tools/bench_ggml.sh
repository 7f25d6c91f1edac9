#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Decodes and prefills the engine's four sizes with Motet and with ggml's own library, in turns:
#   bench_ggml.sh [GGML [FILE.json [SHAPE]]]     SHAPE is 1 to 4
# GGML is a checkout of ggml's source, or a prefix where it is installed; build/peers/ggml by
# default. Without it this says how to get it and ends well.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ggml=${1:-${GGML:-$root/build/peers/ggml}}
if [ ! -e "$ggml" ]; then
  echo "bench_ggml: skipped, no ggml in $ggml; to get it:"
  echo "  git clone https://github.com/ggml-org/ggml build/peers/ggml"
  exit 0
fi
ggml=$(cd "$ggml" && pwd)
if [ -f "$ggml/CMakeLists.txt" ]; then  # a checkout: built for this very machine, as llama.cpp does
  built=$root/build/peers/ggml-built
  cmake -S "$ggml" -B "$built" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
    -DGGML_NATIVE=ON -DGGML_LLAMAFILE=ON -DGGML_BUILD_TESTS=OFF -DGGML_BUILD_EXAMPLES=OFF \
    -DCMAKE_INSTALL_PREFIX="$built/installed" --log-level=WARNING >/dev/null
  cmake --build "$built" --target install >/dev/null
  ggml=$built/installed
fi
build=$root/build/versus
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMOTET_TRAIN=OFF -DMOTET_DEVELOPER_MODE=ON \
  -DMOTET_GGML="$ggml" --log-level=WARNING >/dev/null
cmake --build "$build" --target ggml_bench
"$build/bin/ggml_bench" "${2:-$root/build/bench_ggml.json}" "${3:-0}"
