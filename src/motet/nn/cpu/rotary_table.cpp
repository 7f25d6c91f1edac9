// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/cpu/rotary_table.h"

#include <algorithm>
#include <array>
#include <bit>

namespace motet::nn {
namespace {

/// Terms of the Taylor series of cos r and sin(r) / r, in powers of r^2: (-1)^i / (2i)! and
/// (-1)^i / (2i+1)!.
constexpr std::array<double, 10> series(int first) {
  std::array<double, 10> terms{};
  double factorial = 1.0;  // exact up to 19!
  for (int i = 0; i < 10; ++i) {
    terms[static_cast<size_t>(i)] = (i % 2 == 0 ? 1.0 : -1.0) / factorial;
    factorial *= (2 * i + first) * (2 * i + first + 1);
  }
  return terms;
}
constexpr std::array<double, 10> kCosine = series(1);
constexpr std::array<double, 10> kSine = series(2);

struct Turn {
  double cosine, sine;
};

/// The angle's distance r from the nearest quarter turn, then Taylor series for |r| <= pi/4. The
/// quarter turn is subtracted in three parts, the first two of 33 bits (Cody and Waite 1980, ch.
/// 8), so that r is good to 1e-9 at an angle of 2^24 and far better below. Without branches, so
/// that several angles are turned at once.
inline Turn turn_by(double angle) {
  constexpr double kQuarter1 = 0x1.921fb544p+0;
  constexpr double kQuarter2 = 0x1.0b4611a6p-34;
  constexpr double kQuarter3 = 0x1.3198a2e037073p-69;
  constexpr double kTwoOverPi = 0.636619772367581343076;
  constexpr double kShifter =
      0x1.8p+52;  // added, it rounds to an integer and leaves it in the bits
  const double shifted = angle * kTwoOverPi + kShifter;
  const double n = shifted - kShifter;
  const double r = ((angle - n * kQuarter1) - n * kQuarter2) - n * kQuarter3;
  const double square = r * r;
  double cosine = kCosine.back();
  double sine = kSine.back();
  for (size_t i = kCosine.size() - 1; i-- > 0;) {
    cosine = kCosine[i] + cosine * square;
    sine = kSine[i] + sine * square;
  }
  sine *= r;
  const auto quarters = std::bit_cast<uint64_t>(shifted);  // modulo 4
  const auto c = std::bit_cast<uint64_t>(cosine);
  const auto s = std::bit_cast<uint64_t>(sine);
  const uint64_t exchange = (c ^ s) & (uint64_t{0} - (quarters & 1));
  const uint64_t is_cosine_negative = (quarters + 1) >> 1 & 1;
  const uint64_t is_sine_negative = quarters >> 1 & 1;
  return {std::bit_cast<double>(c ^ exchange ^ is_cosine_negative << 63),
          std::bit_cast<double>(s ^ exchange ^ is_sine_negative << 63)};
}

}  // namespace

void RotaryTable::prepare(int64_t head_size, const RopeConfig& config,
                          std::span<const int64_t> firsts, int64_t length) {
  if (head_size != head_size_ || config != config_) {
    frequencies_ = rotary_frequencies(head_size, config);
  } else if (length == length_ && std::ranges::equal(firsts, firsts_)) {
    return;
  }
  head_size_ = head_size;
  config_ = config;
  firsts_.assign(firsts.begin(), firsts.end());
  length_ = length;
  const size_t half = frequencies_.size();
  cosine_.resize(firsts.size() * static_cast<size_t>(length) * half);
  sine_.resize(cosine_.size());
  size_t i = 0;
  for (const int64_t first : firsts) {
    for (int64_t t = 0; t < length; ++t) {
      for (size_t j = 0; j < half; ++j, ++i) {
        const Turn turn = turn_by(static_cast<double>(first + t) * frequencies_[j]);
        cosine_[i] = static_cast<float>(turn.cosine) * config.attention_factor;
        sine_[i] = static_cast<float>(turn.sine) * config.attention_factor;
      }
    }
  }
}

}  // namespace motet::nn
