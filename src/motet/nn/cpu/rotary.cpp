// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/rotary.h"

#include <algorithm>
#include <cmath>

namespace motet::nn {
namespace {

constexpr double kLn2 = 0.693147180559945309417;

/// ln x for x >= 1: x = 2^n m with m around 1; ln m = 2 artanh((m-1)/(m+1)) as a power series.
double natural_logarithm(double x) {
  constexpr double kRootOfTwo = 1.41421356237309504880;
  int exponent = 0;
  double m = 2.0 * std::frexp(x, &exponent);  // exact: 1..2
  exponent -= 1;
  if (m > kRootOfTwo) {
    m *= 0.5;
    exponent += 1;
  }
  const double s = (m - 1.0) / (m + 1.0);  // |s| < 0.1716, so 13 terms reach 2^-60
  double sum = 0.0;
  for (int k = 25; k >= 1; k -= 2) sum = sum * (s * s) + 1.0 / k;
  return exponent * kLn2 + 2.0 * s * sum;
}

/// e^x for -700 < x < 700: x = n ln 2 + r, and the Taylor series of e^r.
double exponential(double x) {
  const double n = std::floor(x / kLn2 + 0.5);
  const double r = x - n * kLn2;
  double sum = 1.0;
  for (int k = 15; k >= 1; --k) sum = 1.0 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));
}

struct Turn {
  double cosine, sine;
};

/// The angle's distance r from the nearest quarter turn, then Taylor series for |r| <= pi/4. The
/// quarter turn is subtracted in three parts, the first two of 33 bits (Cody and Waite 1980, ch.
/// 8), so that r is good to 1e-9 at an angle of 2^24 and far better below.
Turn turn_by(double angle) {
  constexpr double kQuarter1 = 0x1.921fb544p+0;
  constexpr double kQuarter2 = 0x1.0b4611a6p-34;
  constexpr double kQuarter3 = 0x1.3198a2e037073p-69;
  constexpr double kTwoOverPi = 0.636619772367581343076;
  const double n = std::floor(angle * kTwoOverPi + 0.5);
  const double r = ((angle - n * kQuarter1) - n * kQuarter2) - n * kQuarter3;
  const double square = r * r;
  double cosine = 1.0;
  double sine = 1.0;
  for (int k = 18; k >= 2; k -= 2) {
    cosine = 1.0 - cosine * square / (k * (k - 1));
    sine = 1.0 - sine * square / (k * (k + 1));
  }
  sine *= r;
  switch (static_cast<int64_t>(n) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

/// A frequency as the checkpoint stretched it. LLaMA 3.1: a wave that turned fewer than
/// low_frequency_factor times within the original length is slowed by `factor`, one that turned
/// more than high_frequency_factor times is left alone, and the share between is linear in the
/// turns. Source: the rope_scaling "llama3" of the LLaMA 3.1 model card, Meta, 2024.
double stretched(double frequency, const RopeConfig& config) {
  constexpr double kTwoPi = 6.28318530717958647693;
  const double slow = frequency / double{config.factor};
  if (config.scaling == RopeConfig::Scaling::kNone) return frequency;
  if (config.scaling == RopeConfig::Scaling::kLinear) return slow;
  const double turns = static_cast<double>(config.original_positions) * frequency / kTwoPi;
  const double low = config.low_frequency_factor;
  const double high = config.high_frequency_factor;
  const double share = std::clamp((turns - low) / (high - low), 0.0, 1.0);
  return (1.0 - share) * slow + share * frequency;
}

}  // namespace

void Rotary::prepare(int64_t head_size, const RopeConfig& config, int64_t position,
                     int64_t length) {
  const int64_t half = head_size / 2;
  if (head_size != head_size_ || config != config_) {
    frequency_.resize(static_cast<size_t>(half));
    const double logarithm = natural_logarithm(config.theta);
    for (int64_t j = 0; j < half; ++j) {
      const double exponent = -2.0 * static_cast<double>(j) / static_cast<double>(head_size);
      frequency_[static_cast<size_t>(j)] = stretched(exponential(exponent * logarithm), config);
    }
  } else if (position == position_ && length == length_) {
    return;
  }
  head_size_ = head_size;
  config_ = config;
  position_ = position;
  length_ = length;
  cosine_.resize(static_cast<size_t>(length * half));
  sine_.resize(cosine_.size());
  for (size_t i = 0; i < cosine_.size(); ++i) {
    const auto at = static_cast<double>(position + static_cast<int64_t>(i) / half);
    const Turn turn = turn_by(at * frequency_[i % static_cast<size_t>(half)]);
    cosine_[i] = static_cast<float>(turn.cosine);
    sine_[i] = static_cast<float>(turn.sine);
  }
}

}  // namespace motet::nn
