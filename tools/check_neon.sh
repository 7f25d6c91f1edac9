#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the kernels and their tests for 64-bit ARM and runs them under QEMU, with and without the
# dot-product instructions. Wants Debian's g++-aarch64-linux-gnu, qemu-user and libgtest-dev; says
# so and ends well without them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
compiler=aarch64-linux-gnu-g++
gtest=/usr/src/googletest/googletest
for need in $compiler qemu-aarch64; do
  command -v $need >/dev/null || { echo "check_neon: skipped, no $need"; exit 0; }
done
[ -d $gtest ] || { echo "check_neon: skipped, no $gtest"; exit 0; }
build=$root/build/neon
mkdir -p "$build"
fast=(-O3 -fno-exceptions -fno-trapping-math -fno-math-errno -ffp-contract=off)
compile() {  # OBJECT FLAGS... SOURCE
  local object=$build/$1.o
  shift
  $compiler -std=c++20 -I"$root/src" -I"$root" -I$gtest/include -I$gtest "$@" -c -o "$object"
  objects+=("$object")
}
objects=()
cpu=$root/src/motet/nn/cpu
for set in generic neon; do compile $set "${fast[@]}" -Wall -Wextra -Werror "$cpu/isa_$set.cpp"; done
compile dotprod "${fast[@]}" -Wall -Wextra -Werror -march=armv8.2-a+dotprod "$cpu/isa_dotprod.cpp"
for source in nn/cpu/dispatch nn/cpu/reference nn/cpu/packed nn/cpu/weight_memory nn/int8 nn/int8_block nn/int4 nn/tensor base/error base/random; do
  [ -f "$root/src/motet/$source.cpp" ] || continue
  compile "$(basename "$source")" -O2 -ffp-contract=off "$root/src/motet/$source.cpp"
done
compile kernels_test -O1 "$root/tests/nn/kernels_test.cpp"
compile gtest -O1 $gtest/src/gtest-all.cc
compile gtest_main -O1 $gtest/src/gtest_main.cc
$compiler -static "${objects[@]}" -o "$build/kernels_test" -lpthread
for cpu in cortex-a53 max; do  # the former has no dot products
  echo "check_neon: $cpu"
  qemu-aarch64 -cpu $cpu "$build/kernels_test" --gtest_brief=1
done
