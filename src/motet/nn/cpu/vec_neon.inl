// SPDX-License-Identifier: Apache-2.0
// Sixteen float32 lanes: four NEON registers. See kernels.h for the rule.

constexpr size_t kLanes = 16;
constexpr size_t kRowsAtOnce = 1;     // of x, in a block of linear
constexpr size_t kColumnsAtOnce = 2;  // of w
constexpr size_t kColumnsOfOneRow = 4;
constexpr size_t kParts = 4;  // registers of sixteen lanes

struct Vec {
  float32x4_t part[kParts];
};

template <typename Operation>
inline Vec each_part(Operation operation) {
  Vec y;
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) y.part[i] = operation(i);
  return y;
}

/// All bits set in the lanes of four whose index is below n; n may be negative or above 4.
inline uint32x4_t first_lanes(int n) {
  constexpr int kIndices[4] = {0, 1, 2, 3};
  return vcgtq_s32(vdupq_n_s32(n), vld1q_s32(kIndices));
}

inline Vec fill(float value) {
  return each_part([=](size_t) { return vdupq_n_f32(value); });
}
inline Vec load(const float* p) {
  return each_part([=](size_t i) { return vld1q_f32(p + 4 * i); });
}
inline Vec load_first(const float* p, size_t n) {
  float whole[kLanes] = {};
  for (size_t i = 0; i < n; ++i) whole[i] = p[i];
  return load(whole);
}
inline void prefetch(const float* p) { __builtin_prefetch(p); }
inline void store(float* p, Vec v) {
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) vst1q_f32(p + 4 * i, v.part[i]);
}
inline void store_first(float* p, Vec v, size_t n) {
  float whole[kLanes];
  store(whole, v);
  for (size_t i = 0; i < n; ++i) p[i] = whole[i];
}
inline Vec keep_first(Vec v, size_t n) {
  const int count = static_cast<int>(n);
  return each_part([=](size_t i) {
    const uint32x4_t kept = first_lanes(count - static_cast<int>(4 * i));
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v.part[i]), kept));
  });
}

inline Vec add(Vec a, Vec b) {
  return each_part([=](size_t i) { return vaddq_f32(a.part[i], b.part[i]); });
}
inline Vec sub(Vec a, Vec b) {
  return each_part([=](size_t i) { return vsubq_f32(a.part[i], b.part[i]); });
}
inline Vec mul(Vec a, Vec b) {
  return each_part([=](size_t i) { return vmulq_f32(a.part[i], b.part[i]); });
}
inline Vec div(Vec a, Vec b) {
  return each_part([=](size_t i) { return vdivq_f32(a.part[i], b.part[i]); });
}
inline Vec mul_add(Vec a, Vec b, Vec c) {
  return each_part([=](size_t i) { return vfmaq_f32(c.part[i], a.part[i], b.part[i]); });
}
inline Vec neg_mul_add(Vec a, Vec b, Vec c) {
  return each_part([=](size_t i) { return vfmsq_f32(c.part[i], a.part[i], b.part[i]); });
}
/// b where the two cannot be compared, as x86 has it.
inline Vec larger(Vec a, Vec b) {
  return each_part(
      [=](size_t i) { return vbslq_f32(vcgtq_f32(a.part[i], b.part[i]), a.part[i], b.part[i]); });
}
inline Vec smaller(Vec a, Vec b) {
  return each_part(
      [=](size_t i) { return vbslq_f32(vcltq_f32(a.part[i], b.part[i]), a.part[i], b.part[i]); });
}
inline Vec magnitude(Vec v) { return larger(v, sub(fill(0.0F), v)); }

/// 2^n where the low bits of the float t hold the integer n, -126..127: see exponential().
inline Vec power_of_two(Vec t) {
  return each_part([=](size_t i) {
    const int32x4_t shifted = vshlq_n_s32(vreinterpretq_s32_f32(t.part[i]), 23);
    return vreinterpretq_f32_s32(vaddq_s32(shifted, vdupq_n_s32(0x3F800000)));
  });
}

/// Lanes i + (i + 8), then i + (i + 4), + 2, + 1.
inline float sum(Vec v) {
  const float32x4_t four =
      vaddq_f32(vaddq_f32(v.part[0], v.part[2]), vaddq_f32(v.part[1], v.part[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
inline void sum_four(const Vec* v, float* out) {
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) out[i] = sum(v[i]);
}

/// Sixteen int32 lanes.
struct Ints {
  int32x4_t part[kParts];
};

template <typename Operation>
inline Ints each_int_part(Operation operation) {
  Ints y;
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) y.part[i] = operation(i);
  return y;
}

/// Bytes of x are made signed, -127..127.
constexpr bool kUnsignedBytes = false;
constexpr size_t kByteRowsAtOnce = 1;  // of x, in a block of linear_int8

struct FourBytes {
  int8x16_t all;
};

inline Ints load_ints(const int* p) {
  return each_int_part([=](size_t i) { return vld1q_s32(p + 4 * i); });
}
inline Ints fill_ints(int value) {
  return each_int_part([=](size_t) { return vdupq_n_s32(value); });
}
inline Ints zero_ints() { return fill_ints(0); }
inline Ints times_minus_128(Ints v) {
  return each_int_part([=](size_t i) { return vnegq_s32(vshlq_n_s32(v.part[i], 7)); });
}
inline unsigned four_at(const unsigned char* q) {
  unsigned four;
  __builtin_memcpy(&four, q, sizeof four);
  return four;
}
/// Four bytes of x for all lanes.
inline FourBytes four_bytes(const unsigned char* q) {
  return {vreinterpretq_s8_u32(vdupq_n_u32(four_at(q) ^ 0x80808080U))};
}
/// The same of counts, 0..127.
inline FourBytes four_counts(const unsigned char* q) {
  return {vreinterpretq_s8_u32(vdupq_n_u32(four_at(q)))};
}
/// Four lanes gain the sums of four products each.
inline int32x4_t dot_sixteen(int32x4_t total, int8x16_t w, int8x16_t x) {
#ifdef __ARM_FEATURE_DOTPROD
  return vdotq_s32(total, w, x);
#else
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(x)));
  const int32x4_t high = vpaddlq_s16(vmull_high_s8(w, x));
  return vaddq_s32(total, vpaddq_s32(low, high));
#endif
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_bytes(Ints total, const signed char* w, FourBytes x) {
  return each_int_part(
      [=](size_t i) { return dot_sixteen(total.part[i], vld1q_s8(w + 16 * i), x.all); });
}

/// 64 bytes, each 0..15.
struct Nibbles {
  int8x16_t part[kParts];
};
struct SignedFour {
  int8x16_t all;
};

inline Nibbles low_nibbles(const unsigned char* p) {
  Nibbles y;
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) {
    y.part[i] = vreinterpretq_s8_u8(vandq_u8(vld1q_u8(p + 16 * i), vdupq_n_u8(15)));
  }
  return y;
}
inline Nibbles high_nibbles(const unsigned char* p) {
  Nibbles y;
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) {
    y.part[i] = vreinterpretq_s8_u8(vshrq_n_u8(vld1q_u8(p + 16 * i), 4));
  }
  return y;
}
/// Four bytes of x less 128 for all lanes.
inline SignedFour signed_four(const unsigned char* q) { return {four_bytes(q).all}; }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_nibbles(Ints total, Nibbles w, SignedFour x) {
  return each_int_part([=](size_t i) { return dot_sixteen(total.part[i], w.part[i], x.all); });
}
inline Vec load_bfloat16(const unsigned char* p) {
  return each_part([=](size_t i) {
    const uint16x4_t half = vreinterpret_u16_u8(vld1_u8(p + 8 * i));
    return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
  });
}
inline Vec load_float16(const unsigned char* p) {
  return each_part([=](size_t i) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p + 8 * i))); });
}

/// 64 weights of int8 in blocks, -128..127.
struct Weights {
  int8x16_t part[kParts];
};

inline Weights load_weights(const unsigned char* p) {
  Weights w;
#pragma GCC unroll 4
  for (size_t i = 0; i < kParts; ++i) {
    w.part[i] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(p + 16 * i), vdupq_n_u8(128)));
  }
  return w;
}
/// What sums of products of weights begin with, given the sum of the bytes of x less 128.
inline Ints first_of_weights(int) { return zero_ints(); }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_weights(Ints total, Weights w, SignedFour x) {
  return each_int_part([=](size_t i) { return dot_sixteen(total.part[i], w.part[i], x.all); });
}
inline Vec to_floats(Ints v) {
  return each_part([=](size_t i) { return vcvtq_f32_s32(v.part[i]); });
}
/// v, rounded half to even, in sixteen signed bytes; v in -127..127.
inline int8x16_t rounded_bytes(Vec v) {
  const auto eight = [&](size_t i) {
    return vcombine_s16(vmovn_s32(vcvtnq_s32_f32(v.part[i])),
                        vmovn_s32(vcvtnq_s32_f32(v.part[i + 1])));
  };
  return vcombine_s8(vmovn_s16(eight(0)), vmovn_s16(eight(2)));
}
/// 128 + v, rounded half to even, in sixteen bytes; v in -127..127.
inline void store_bytes(unsigned char* q, Vec v) {
  vst1q_u8(q, veorq_u8(vreinterpretq_u8_s8(rounded_bytes(v)), vdupq_n_u8(128)));
}
/// The same of four vectors.
inline void store_four_bytes(unsigned char* q, const Vec* v) {
  for (size_t i = 0; i < 4; ++i) store_bytes(q + i * kLanes, v[i]);
}

/// v, rounded half to even, in sixteen bytes; v in 0..127.
inline void store_counts(unsigned char* q, Vec v) {
  vst1q_u8(q, vreinterpretq_u8_s8(rounded_bytes(v)));
}

inline float largest(Vec v) {
  const Vec two = larger(v, {{v.part[2], v.part[3], v.part[2], v.part[3]}});
  const Vec one = larger(two, {{two.part[1], two.part[1], two.part[1], two.part[1]}});
  return vmaxvq_f32(one.part[0]);
}
