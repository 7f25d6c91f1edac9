// SPDX-License-Identifier: Apache-2.0
// Sixteen float32 lanes: two AVX2 registers. See kernels.h for the rule.

constexpr size_t kLanes = 16;
constexpr size_t kRowsAtOnce = 2;     // of x, in a block of linear
constexpr size_t kColumnsAtOnce = 2;  // of w
constexpr size_t kColumnsOfOneRow = 4;

struct Vec {
  __m256 low, high;
};

/// All bits set in the lanes of eight whose index is below n; n may be negative or above 8.
inline __m256i first_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

inline Vec fill(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
inline Vec load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline Vec load_first(const float* p, size_t n) {
  const int count = static_cast<int>(n);
  return {_mm256_maskload_ps(p, first_lanes(count)),
          _mm256_maskload_ps(p + 8, first_lanes(count - 8))};
}
inline void prefetch(const float* p) {
  _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
}
inline void store(float* p, Vec v) {
  _mm256_storeu_ps(p, v.low);
  _mm256_storeu_ps(p + 8, v.high);
}
inline void store_first(float* p, Vec v, size_t n) {
  const int count = static_cast<int>(n);
  _mm256_maskstore_ps(p, first_lanes(count), v.low);
  _mm256_maskstore_ps(p + 8, first_lanes(count - 8), v.high);
}
inline Vec keep_first(Vec v, size_t n) {
  const int count = static_cast<int>(n);
  return {_mm256_and_ps(v.low, _mm256_castsi256_ps(first_lanes(count))),
          _mm256_and_ps(v.high, _mm256_castsi256_ps(first_lanes(count - 8)))};
}

inline Vec add(Vec a, Vec b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline Vec sub(Vec a, Vec b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Vec mul(Vec a, Vec b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline Vec div(Vec a, Vec b) {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
inline Vec mul_add(Vec a, Vec b, Vec c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Vec neg_mul_add(Vec a, Vec b, Vec c) {
  return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}
inline Vec larger(Vec a, Vec b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Vec smaller(Vec a, Vec b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Vec magnitude(Vec v) { return larger(v, sub(fill(0.0F), v)); }

inline __m256 power_of_two(__m256 t) {
  const __m256i shifted = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(shifted, _mm256_set1_epi32(0x3F800000)));
}
/// 2^n where the low bits of the float t hold the integer n, -126..127: see exponential().
inline Vec power_of_two(Vec t) { return {power_of_two(t.low), power_of_two(t.high)}; }

/// Lanes i + (i + 8), then i + (i + 4): the first two steps of the tree.
inline __m128 fold_to_four(Vec v) {
  const __m256 eight = _mm256_add_ps(v.low, v.high);
  return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

inline float sum(Vec v) {
  const __m128 four = fold_to_four(v);
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

/// Four sums at once, each by the same tree.
inline void sum_four(const Vec* v, float* out) {
  const __m128 a = fold_to_four(v[0]);
  const __m128 b = fold_to_four(v[1]);
  const __m128 c = fold_to_four(v[2]);
  const __m128 d = fold_to_four(v[3]);
  const __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
  const __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
  _mm_storeu_ps(out, _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
}

/// Sixteen int32 lanes.
struct Ints {
  __m256i low, high;
};

/// Bytes of x are made signed, -127..127, so that no pair of products leaves int16.
constexpr bool kUnsignedBytes = false;
constexpr size_t kByteRowsAtOnce = 1;  // of x, in a block of linear_int8

struct FourBytes {
  __m256i all;
  __m256i magnitude;
};

inline Ints load_ints(const int* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 8))};
}
inline Ints zero_ints() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline __m256i times_minus_128(__m256i v) {
  return _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(v, 7));
}
inline Ints times_minus_128(Ints v) { return {times_minus_128(v.low), times_minus_128(v.high)}; }
/// Four bytes of x for all lanes.
inline FourBytes four_bytes(const unsigned char* q) {
  int four;
  __builtin_memcpy(&four, q, sizeof four);
  const __m256i all = _mm256_xor_si256(_mm256_set1_epi32(four), _mm256_set1_epi8(-128));
  return {all, _mm256_abs_epi8(all)};
}
/// The same of counts, 0..127.
inline FourBytes four_counts(const unsigned char* q) {
  int four;
  __builtin_memcpy(&four, q, sizeof four);
  const __m256i all = _mm256_set1_epi32(four);
  return {all, all};
}
inline __m256i dot_bytes(__m256i total, const signed char* w, FourBytes x) {
  const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w));
  const __m256i pairs = _mm256_maddubs_epi16(x.magnitude, _mm256_sign_epi8(weights, x.all));
  return _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_bytes(Ints total, const signed char* w, FourBytes x) {
  return {dot_bytes(total.low, w, x), dot_bytes(total.high, w + 32, x)};
}
inline Ints fill_ints(int value) { return {_mm256_set1_epi32(value), _mm256_set1_epi32(value)}; }

/// 64 bytes, each 0..15.
struct Nibbles {
  __m256i low, high;
};
struct SignedFour {
  __m256i all;
};

inline Nibbles low_nibbles(const unsigned char* p) {
  const __m256i mask = _mm256_set1_epi8(15);
  const auto* from = reinterpret_cast<const __m256i*>(p);
  return {_mm256_and_si256(_mm256_loadu_si256(from), mask),
          _mm256_and_si256(_mm256_loadu_si256(from + 1), mask)};
}
inline Nibbles high_nibbles(const unsigned char* p) {
  const __m256i mask = _mm256_set1_epi8(15);
  const auto* from = reinterpret_cast<const __m256i*>(p);
  return {_mm256_and_si256(_mm256_srli_epi32(_mm256_loadu_si256(from), 4), mask),
          _mm256_and_si256(_mm256_srli_epi32(_mm256_loadu_si256(from + 1), 4), mask)};
}
/// Four bytes of x less 128 for all lanes.
inline SignedFour signed_four(const unsigned char* q) {
  unsigned four;
  __builtin_memcpy(&four, q, sizeof four);
  return {_mm256_set1_epi32(static_cast<int>(four ^ 0x80808080U))};
}
inline __m256i dot_nibbles(__m256i total, __m256i w, __m256i x) {
  const __m256i pairs = _mm256_maddubs_epi16(w, x);  // at most 2 * 15 * 127
  return _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_nibbles(Ints total, Nibbles w, SignedFour x) {
  return {dot_nibbles(total.low, w.low, x.all), dot_nibbles(total.high, w.high, x.all)};
}
inline Vec load_bfloat16(const unsigned char* p) {
  const auto eight = [](const unsigned char* from) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  };
  return {eight(p), eight(p + 16)};
}
inline Vec load_float16(const unsigned char* p) {
  const auto* half = reinterpret_cast<const __m128i*>(p);
  return {_mm256_cvtph_ps(_mm_loadu_si128(half)), _mm256_cvtph_ps(_mm_loadu_si128(half + 1))};
}

/// 64 weights of int8 in blocks, -128..127.
struct Weights {
  __m256i low, high;
};

inline Weights load_weights(const unsigned char* p) {
  const __m256i half = _mm256_set1_epi8(-128);
  const auto* from = reinterpret_cast<const __m256i*>(p);
  return {_mm256_xor_si256(_mm256_loadu_si256(from), half),
          _mm256_xor_si256(_mm256_loadu_si256(from + 1), half)};
}
/// What sums of products of weights begin with, given the sum of the bytes of x less 128.
inline Ints first_of_weights(int) { return zero_ints(); }
inline __m256i dot_weights(__m256i total, __m256i w, __m256i x) {
  // At most 2 * 128 * 127: the magnitude of -128 is a byte without a sign.
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_weights(Ints total, Weights w, SignedFour x) {
  return {dot_weights(total.low, w.low, x.all), dot_weights(total.high, w.high, x.all)};
}
inline Vec to_floats(Ints v) { return {_mm256_cvtepi32_ps(v.low), _mm256_cvtepi32_ps(v.high)}; }
/// v, rounded half to even, in sixteen signed bytes; v in -127..127.
inline __m128i rounded_bytes(Vec v) {
  const __m256i low = _mm256_cvtps_epi32(v.low);
  const __m256i high = _mm256_cvtps_epi32(v.high);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
  return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}
/// 128 + v, rounded half to even, in sixteen bytes; v in -127..127.
inline void store_bytes(unsigned char* q, Vec v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q),
                   _mm_xor_si128(rounded_bytes(v), _mm_set1_epi8(-128)));
}
/// The same of four vectors.
inline void store_four_bytes(unsigned char* q, const Vec* v) {
  for (size_t i = 0; i < 4; ++i) store_bytes(q + i * kLanes, v[i]);
}

/// v, rounded half to even, in sixteen bytes; v in 0..127.
inline void store_counts(unsigned char* q, Vec v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), rounded_bytes(v));
}

inline float largest(Vec v) {
  const __m256 eight = _mm256_max_ps(v.low, v.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
