// SPDX-License-Identifier: Apache-2.0
// Sixteen float32 lanes: an array. See kernels.h for the rule.

constexpr size_t kLanes = 16;
constexpr size_t kRowsAtOnce = 1;     // of x, in a block of linear
constexpr size_t kColumnsAtOnce = 1;  // of w
constexpr size_t kColumnsOfOneRow = 1;

struct Vec {
  float lane[kLanes];
};

/// a * b + c with one rounding, as the fused instruction gives it, without the instruction.
///
/// The product of two float32 is exact in double. The sum may not be; TwoSum (Knuth, TAOCP 2,
/// 4.2.2, theorem B) gives its error, and with it the sum is rounded to odd, after which rounding
/// to float32 is right: Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE
/// Transactions on Computers 57(4), 2008. Infinities and NaN have a NaN error and stay as they are.
inline float fused(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
  return __builtin_fmaf(a, b, c);
#else
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = c;
  const double rounded = product + addend;
  const double back = rounded - product;
  const double error = (product - (rounded - back)) + (addend - back);
  const long long is_below = error < 0.0;
  const long long inexact = is_below | (error > 0.0);
  const long long negative = rounded < 0.0;
  const long long too_large = inexact & (is_below ^ negative);
  const long long odd = (__builtin_bit_cast(long long, rounded) - too_large) | inexact;
  return static_cast<float>(__builtin_bit_cast(double, odd));
#endif
}

template <typename Operation>
inline Vec each_lane(Operation operation) {
  Vec y;
  for (size_t i = 0; i < kLanes; ++i) y.lane[i] = operation(i);
  return y;
}

inline Vec fill(float value) {
  return each_lane([=](size_t) { return value; });
}
inline Vec load(const float* p) {
  return each_lane([=](size_t i) { return p[i]; });
}
inline Vec load_first(const float* p, size_t n) {
  return each_lane([=](size_t i) { return i < n ? p[i] : 0.0F; });
}
inline void prefetch(const float* p) { __builtin_prefetch(p); }
inline void store(float* p, Vec v) {
  for (size_t i = 0; i < kLanes; ++i) p[i] = v.lane[i];
}
inline void store_first(float* p, Vec v, size_t n) {
  for (size_t i = 0; i < n; ++i) p[i] = v.lane[i];
}
inline Vec keep_first(Vec v, size_t n) {
  return each_lane([&](size_t i) { return i < n ? v.lane[i] : 0.0F; });
}

inline Vec add(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] + b.lane[i]; });
}
inline Vec sub(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] - b.lane[i]; });
}
inline Vec mul(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] * b.lane[i]; });
}
inline Vec div(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] / b.lane[i]; });
}
inline Vec mul_add(Vec a, Vec b, Vec c) {
  return each_lane([&](size_t i) { return fused(a.lane[i], b.lane[i], c.lane[i]); });
}
inline Vec neg_mul_add(Vec a, Vec b, Vec c) {
  return each_lane([&](size_t i) { return fused(-a.lane[i], b.lane[i], c.lane[i]); });
}
inline Vec larger(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Vec smaller(Vec a, Vec b) {
  return each_lane([&](size_t i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Vec magnitude(Vec v) { return larger(v, sub(fill(0.0F), v)); }

/// 2^n where the low bits of the float t hold the integer n, -126..127: see exponential().
inline Vec power_of_two(Vec t) {
  return each_lane([&](size_t i) {
    const unsigned shifted = __builtin_bit_cast(unsigned, t.lane[i]) << 23;
    return __builtin_bit_cast(float, shifted + 0x3F800000U);
  });
}

inline float sum(Vec v) {
  for (size_t width = kLanes / 2; width > 0; width /= 2) {
    for (size_t i = 0; i < width; ++i) v.lane[i] = v.lane[i] + v.lane[i + width];
  }
  return v.lane[0];
}

inline void sum_four(const Vec* v, float* out) {
  for (size_t k = 0; k < 4; ++k) out[k] = sum(v[k]);
}

/// Sixteen int32 lanes.
struct Ints {
  int lane[kLanes];
};

/// Bytes of x are made signed, -127..127.
constexpr bool kUnsignedBytes = false;
constexpr size_t kByteRowsAtOnce = 1;  // of x, in a block of linear_int8

struct FourBytes {
  int byte[4];
};

inline Ints load_ints(const int* p) {
  Ints v;
  for (size_t i = 0; i < kLanes; ++i) v.lane[i] = p[i];
  return v;
}
inline Ints zero_ints() {
  Ints v;
  for (size_t i = 0; i < kLanes; ++i) v.lane[i] = 0;
  return v;
}
inline Ints times_minus_128(Ints v) {
  for (size_t i = 0; i < kLanes; ++i) v.lane[i] *= -128;
  return v;
}
/// Four bytes of x for all lanes.
inline FourBytes four_bytes(const unsigned char* q) {
  return {{q[0] - 128, q[1] - 128, q[2] - 128, q[3] - 128}};
}
/// The same of counts, 0..127.
inline FourBytes four_counts(const unsigned char* q) { return {{q[0], q[1], q[2], q[3]}}; }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_bytes(Ints total, const signed char* w, FourBytes x) {
  for (size_t i = 0; i < kLanes; ++i) {
    const signed char* four = w + 4 * i;
    total.lane[i] +=
        four[0] * x.byte[0] + four[1] * x.byte[1] + four[2] * x.byte[2] + four[3] * x.byte[3];
  }
  return total;
}
inline Ints fill_ints(int value) {
  Ints v;
  for (size_t i = 0; i < kLanes; ++i) v.lane[i] = value;
  return v;
}

/// 64 bytes, each 0..15.
struct Nibbles {
  unsigned char byte[4 * kLanes];
};
struct SignedFour {
  int byte[4];
};

inline Nibbles low_nibbles(const unsigned char* p) {
  Nibbles y;
  for (size_t i = 0; i < 4 * kLanes; ++i) y.byte[i] = p[i] & 15;
  return y;
}
inline Nibbles high_nibbles(const unsigned char* p) {
  Nibbles y;
  for (size_t i = 0; i < 4 * kLanes; ++i) y.byte[i] = static_cast<unsigned char>(p[i] >> 4);
  return y;
}
/// Four bytes of x less 128 for all lanes.
inline SignedFour signed_four(const unsigned char* q) {
  return {{q[0] - 128, q[1] - 128, q[2] - 128, q[3] - 128}};
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_nibbles(Ints total, Nibbles w, SignedFour x) {
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t b = 0; b < 4; ++b) total.lane[i] += w.byte[4 * i + b] * x.byte[b];
  }
  return total;
}
inline Vec load_bfloat16(const unsigned char* p) {
  return each_lane([=](size_t i) {
    const unsigned bits = static_cast<unsigned>(p[2 * i]) | static_cast<unsigned>(p[2 * i + 1])
                                                                << 8;
    return __builtin_bit_cast(float, bits << 16);
  });
}
/// A float16 is a float32 whose exponent is 112 less; subnormal ones come out right, too.
inline Vec load_float16(const unsigned char* p) {
  return each_lane([=](size_t i) {
    const unsigned low = p[2 * i];
    const unsigned high = p[2 * i + 1];
    const unsigned magnitude = ((high & 0x7FU) << 8 | low) << 13;
    const float value = __builtin_bit_cast(float, magnitude) * 0x1p112F;
    return (high & 0x80U) != 0 ? -value : value;
  });
}

/// 64 weights of int8 in blocks, -128..127.
struct Weights {
  signed char byte[4 * kLanes];
};

inline Weights load_weights(const unsigned char* p) {
  Weights w;
  for (size_t i = 0; i < 4 * kLanes; ++i) w.byte[i] = static_cast<signed char>(p[i] - 128);
  return w;
}
/// What sums of products of weights begin with, given the sum of the bytes of x less 128.
inline Ints first_of_weights(int) { return zero_ints(); }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_weights(Ints total, Weights w, SignedFour x) {
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t b = 0; b < 4; ++b) total.lane[i] += w.byte[4 * i + b] * x.byte[b];
  }
  return total;
}
inline Vec to_floats(Ints v) {
  return each_lane([&](size_t i) { return static_cast<float>(v.lane[i]); });
}
/// Rounded half to even: adding 1.5 * 2^23 leaves a whole number.
inline int rounded(float v) {
  constexpr float kShifter = 12582912.0F;
  return static_cast<int>((v + kShifter) - kShifter);
}
/// 128 + v, rounded half to even, in sixteen bytes; v in -127..127.
inline void store_bytes(unsigned char* q, Vec v) {
  for (size_t i = 0; i < kLanes; ++i) q[i] = static_cast<unsigned char>(128 + rounded(v.lane[i]));
}
/// The same of four vectors.
inline void store_four_bytes(unsigned char* q, const Vec* v) {
  for (size_t i = 0; i < 4; ++i) store_bytes(q + i * kLanes, v[i]);
}

/// v, rounded half to even, in sixteen bytes; v in 0..127.
inline void store_counts(unsigned char* q, Vec v) {
  for (size_t i = 0; i < kLanes; ++i) q[i] = static_cast<unsigned char>(rounded(v.lane[i]));
}

inline float largest(Vec v) {
  for (size_t width = kLanes / 2; width > 0; width /= 2) {
    for (size_t i = 0; i < width; ++i) {
      v.lane[i] = v.lane[i] > v.lane[i + width] ? v.lane[i] : v.lane[i + width];
    }
  }
  return v.lane[0];
}
