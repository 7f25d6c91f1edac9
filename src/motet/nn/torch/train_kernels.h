// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The loops of fused.h on bare memory: float32 inside, float32 or bfloat16 (as uint16_t) outside.
/// Rows are contiguous. Sums have 16 fixed partial sums, so they do not depend on the instruction
/// set. Compiled once for each x86-64 level and chosen when the program starts.
namespace motet::nn::train_kernels {

/// y = x * gain * scale, scale = 1 / sqrt(mean(x^2) + eps), kept in scale[rows].
void rms_norm(const float* x, const float* gain, float eps, float* y, float* scale, size_t rows,
              size_t width);
void rms_norm(const float* x, const float* gain, float eps, uint16_t* y, float* scale, size_t rows,
              size_t width);
/// dx is written; dgain [width] is added to.
void rms_norm_gradient(const float* x, const float* gain, const float* scale, const float* dy,
                       float* dx, float* dgain, size_t rows, size_t width);
void rms_norm_gradient(const float* x, const float* gain, const float* scale, const uint16_t* dy,
                       float* dx, float* dgain, size_t rows, size_t width);

void swiglu(const float* gate, const float* up, float* y, size_t n);
void swiglu(const uint16_t* gate, const uint16_t* up, uint16_t* y, size_t n);
void swiglu_gradient(const float* gate, const float* up, const float* dy, float* dgate, float* dup,
                     size_t n);
void swiglu_gradient(const uint16_t* gate, const uint16_t* up, const uint16_t* dy, uint16_t* dgate,
                     uint16_t* dup, size_t n);

/// One position: x [heads, 2 * half]; cosine, sine [half]. direction -1 turns back (the gradient).
void rope(const float* x, const float* cosine, const float* sine, float direction, float* y,
          size_t heads, size_t half);
void rope(const uint16_t* x, const float* cosine, const float* sine, float direction, uint16_t* y,
          size_t heads, size_t half);

/// ln(sum(exp(x))) of one row.
float log_sum_exp(const float* x, size_t n);
float log_sum_exp(const uint16_t* x, size_t n);
/// dx = factor * exp(x - log_sum); the caller subtracts factor at the target.
void softmax_gradient(const float* x, float log_sum, float factor, float* dx, size_t n);
void softmax_gradient(const uint16_t* x, float log_sum, float factor, uint16_t* dx, size_t n);

/// The same conversions as the kernels use.
float widen(uint16_t bits);
uint16_t narrow(float value);

}  // namespace motet::nn::train_kernels
