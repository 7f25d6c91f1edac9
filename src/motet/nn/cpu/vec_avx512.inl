// SPDX-License-Identifier: Apache-2.0
// Sixteen float32 lanes: one AVX-512 register. See kernels.h for the rule.

constexpr size_t kLanes = 16;
constexpr size_t kRowsAtOnce = 4;     // of x, in a block of linear
constexpr size_t kColumnsAtOnce = 4;  // of w
constexpr size_t kColumnsOfOneRow = 8;

struct Vec {
  __m512 all;
};

inline __mmask16 first_lanes(size_t n) { return static_cast<__mmask16>((1U << n) - 1U); }

inline Vec fill(float value) { return {_mm512_set1_ps(value)}; }
inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline Vec load_first(const float* p, size_t n) {
  return {_mm512_maskz_loadu_ps(first_lanes(n), p)};
}
inline void prefetch(const float* p) {
  _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
}
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v.all); }
inline void store_first(float* p, Vec v, size_t n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), v.all);
}
inline Vec keep_first(Vec v, size_t n) { return {_mm512_maskz_mov_ps(first_lanes(n), v.all)}; }

inline Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.all, b.all)}; }
inline Vec sub(Vec a, Vec b) { return {_mm512_sub_ps(a.all, b.all)}; }
inline Vec mul(Vec a, Vec b) { return {_mm512_mul_ps(a.all, b.all)}; }
inline Vec div(Vec a, Vec b) { return {_mm512_div_ps(a.all, b.all)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.all, b.all, c.all)}; }
inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.all, b.all, c.all)}; }
inline Vec larger(Vec a, Vec b) { return {_mm512_max_ps(a.all, b.all)}; }
inline Vec magnitude(Vec v) { return {_mm512_abs_ps(v.all)}; }
inline Vec smaller(Vec a, Vec b) { return {_mm512_min_ps(a.all, b.all)}; }

/// 2^n where the low bits of the float t hold the integer n, -126..127: see exponential().
inline Vec power_of_two(Vec t) {
  const __m512i shifted = _mm512_slli_epi32(_mm512_castps_si512(t.all), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_set1_epi32(0x3F800000)))};
}

/// Lanes i + (i + 8), then i + (i + 4): the first two steps of the tree.
inline __m128 fold_to_four(Vec v) {
  const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v.all), 1));
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v.all), high);
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
  __m512i all;
};

/// Bytes of x are used as they are, 0..255: sums start at -128 times the sum of the weights.
constexpr bool kUnsignedBytes = true;
constexpr size_t kByteRowsAtOnce = 4;  // of x, in a block of linear_int8

struct FourBytes {
  __m512i all;
};

inline Ints load_ints(const int* p) { return {_mm512_loadu_si512(p)}; }
inline Ints zero_ints() { return {_mm512_setzero_si512()}; }
inline Ints times_minus_128(Ints v) {
  return {_mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(v.all, 7))};
}
/// Four bytes of x for all lanes.
inline FourBytes four_bytes(const unsigned char* q) {
  int four;
  __builtin_memcpy(&four, q, sizeof four);
  return {_mm512_set1_epi32(four)};
}
/// The same of counts, 0..127.
inline FourBytes four_counts(const unsigned char* q) { return four_bytes(q); }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_bytes(Ints total, const signed char* w, FourBytes x) {
  return {_mm512_dpbusd_epi32(total.all, x.all, _mm512_loadu_si512(w))};
}
inline Ints fill_ints(int value) { return {_mm512_set1_epi32(value)}; }

/// 64 bytes, each 0..15.
struct Nibbles {
  __m512i all;
};
struct SignedFour {
  __m512i all;
};

inline Nibbles low_nibbles(const unsigned char* p) {
  return {_mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(0x0F0F0F0F))};
}
inline Nibbles high_nibbles(const unsigned char* p) {
  const __m512i shifted = _mm512_srli_epi32(_mm512_loadu_si512(p), 4);
  return {_mm512_and_si512(shifted, _mm512_set1_epi32(0x0F0F0F0F))};
}
/// Four bytes of x less 128 for all lanes.
inline SignedFour signed_four(const unsigned char* q) {
  unsigned four;
  __builtin_memcpy(&four, q, sizeof four);
  return {_mm512_set1_epi32(static_cast<int>(four ^ 0x80808080U))};
}
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_nibbles(Ints total, Nibbles w, SignedFour x) {
  return {_mm512_dpbusd_epi32(total.all, w.all, x.all)};
}
inline Vec load_bfloat16(const unsigned char* p) {
  const __m512i wide =
      _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
inline Vec load_float16(const unsigned char* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}

/// 64 weights of int8 in blocks, with 128 added: 0..255.
struct Weights {
  __m512i all;
};

inline Weights load_weights(const unsigned char* p) { return {_mm512_loadu_si512(p)}; }
/// What sums of products of weights begin with, given the sum of the bytes of x less 128.
inline Ints first_of_weights(int sum) { return fill_ints(-128 * sum); }
/// Lane i gains the sum of w[4i .. 4i+3] times the four bytes of x.
inline Ints dot_weights(Ints total, Weights w, SignedFour x) {
  return {_mm512_dpbusd_epi32(total.all, w.all, x.all)};
}
inline Vec to_floats(Ints v) { return {_mm512_cvtepi32_ps(v.all)}; }
/// 128 + v, rounded half to even, in sixteen bytes; v in -127..127.
inline void store_bytes(unsigned char* q, Vec v) {
  const __m512i moved = _mm512_add_epi32(_mm512_cvtps_epi32(v.all), _mm512_set1_epi32(128));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtepi32_epi8(moved));
}

/// The same of four vectors.
inline void store_four_bytes(unsigned char* q, const Vec* v) {
  const __m512i low =
      _mm512_packs_epi32(_mm512_cvtps_epi32(v[0].all), _mm512_cvtps_epi32(v[1].all));
  const __m512i high =
      _mm512_packs_epi32(_mm512_cvtps_epi32(v[2].all), _mm512_cvtps_epi32(v[3].all));
  // Packing goes by quarters of a register: the fours of bytes lie as columns of a square of 4.
  const __m512i turn = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_permutexvar_epi32(turn, _mm512_packs_epi16(low, high));
  _mm512_storeu_si512(q, _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
}

/// v, rounded half to even, in sixteen bytes; v in 0..127.
inline void store_counts(unsigned char* q, Vec v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v.all)));
}

inline float largest(Vec v) {
  const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v.all), 1));
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(v.all), high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
