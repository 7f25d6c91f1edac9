// SPDX-License-Identifier: Apache-2.0
// This file alone is compiled for its instruction set. It uses no standard library and keeps all
// but table() to itself: an inline function compiled here could be the copy that the linker keeps
// for everybody. tools/check_isa_symbols.py watches over it.
#include <arm_neon.h>

#include "motet/nn/cpu/tables.h"

namespace motet::nn::kernels::neon {
namespace {
#include "motet/nn/cpu/vec_neon.inl"
//
#include "motet/nn/cpu/activations.inl"
//
#include "motet/nn/cpu/bodies.inl"
//
#include "motet/nn/cpu/int8_bodies.inl"
//
#include "motet/nn/cpu/int4_bodies.inl"
//
#include "motet/nn/cpu/int8_block_bodies.inl"
}  // namespace

const KernelTable& table() noexcept {
  static constexpr KernelTable kTable{
      "neon",     dot,  linear,          add_all,      rms_norm,         swiglu,   rope,
      soften,     mix,  quantize,        linear_int8,  gated_int8,       mix_int8, linear_int4,
      layer_norm, gelu, linear_bfloat16, mix_bfloat16, linear_int8_block};
  return kTable;
}

}  // namespace motet::nn::kernels::neon
