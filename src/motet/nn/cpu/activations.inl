// SPDX-License-Identifier: Apache-2.0
// Functions of one vector that several kernels share, over Vec. No standard library here: see
// isa_avx512.cpp.

/// e^x for x in -87..88, to 2 units in the last place; beyond, as if at the nearer end.
///
/// x = n ln 2 + r, |r| <= ln(2)/2. Adding 1.5 * 2^23 rounds to the integer n and leaves it in the
/// low bits. ln 2 is subtracted in two parts, the first with zeros at its end (Cody and Waite,
/// "Software Manual for the Elementary Functions", 1980, ch. 6); e^r is its Taylor series to r^7,
/// whose remainder is below 2^-27.
inline Vec exponential(Vec x) {
  const Vec bounded = smaller(larger(x, fill(-87.0F)), fill(88.0F));
  const Vec shifter = fill(12582912.0F);
  const Vec shifted = mul_add(bounded, fill(1.44269504F), shifter);
  const Vec n = sub(shifted, shifter);
  Vec r = neg_mul_add(n, fill(0.693359375F), bounded);
  r = neg_mul_add(n, fill(-2.12194440e-4F), r);
  Vec p = fill(1.0F / 5040.0F);
  p = mul_add(p, r, fill(1.0F / 720.0F));
  p = mul_add(p, r, fill(1.0F / 120.0F));
  p = mul_add(p, r, fill(1.0F / 24.0F));
  p = mul_add(p, r, fill(1.0F / 6.0F));
  p = mul_add(p, r, fill(0.5F));
  p = mul_add(p, r, fill(1.0F));
  p = mul_add(p, r, fill(1.0F));
  return mul(p, power_of_two(shifted));
}

inline Vec gated(Vec gate, Vec up) {
  const Vec one = fill(1.0F);
  const Vec negated = sub(fill(0.0F), gate);
  return mul(div(gate, add(one, exponential(negated))), up);
}
