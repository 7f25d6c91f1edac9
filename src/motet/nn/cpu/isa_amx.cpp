// SPDX-License-Identifier: Apache-2.0
// This file alone is compiled for its instruction set. It uses no standard library and keeps all
// but table() to itself: an inline function compiled here could be the copy that the linker keeps
// for everybody. tools/check_isa_symbols.py watches over it.
#include <immintrin.h>

#include "motet/nn/cpu/tables.h"

namespace motet::nn::kernels::amx {
namespace {
#include "motet/nn/cpu/vec_avx512.inl"
//
#include "motet/nn/cpu/activations.inl"
//
#include "motet/nn/cpu/int8_bodies.inl"
//
#include "motet/nn/cpu/amx_bodies.inl"
}  // namespace

const KernelTable& table() noexcept {
  static const KernelTable kTable = [] {
    KernelTable tiles = avx512::table();
    tiles.name = "amx";
    tiles.quantize = quantize;
    tiles.linear_int8 = linear_int8_in_tiles;
    tiles.gated_int8 = gated_int8_in_tiles;
    tiles.mix_int8 = mix_int8_in_tiles;
    return tiles;
  }();
  return kTable;
}

}  // namespace motet::nn::kernels::amx
