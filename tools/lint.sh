#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy on sources, two at a time:  lint.sh BUILD [FILE…]   (every source that BUILD compiles)
# About 7 s a file. BUILD is a configured build folder, for its compile_commands.json.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shift
if [ $# -eq 0 ]; then
  mapfile -t files < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" |
    sort -u)
  set -- "${files[@]}"
fi
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) ||
  { echo "lint: clang-tidy is not installed; apt-get install clang-tidy-14" >&2; exit 1; }
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 "$tidy" --quiet -p "$build"
