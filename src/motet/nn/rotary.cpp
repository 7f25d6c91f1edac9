// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/rotary.h"

#include <algorithm>
#include <cmath>

namespace motet::nn {
namespace {

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kTwoPi = 6.28318530717958647693;

/// ln x for x > 0: x = 2^n m with m around 1; ln m = 2 artanh((m-1)/(m+1)) as a power series.
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

/// source  Hugging Face transformers, modeling_rope_utils, "llama3"
double llama3_frequency(const RopeConfig& config, double frequency) {
  const auto length = static_cast<double>(config.original_positions);
  const double turns = length * frequency / kTwoPi;  // over the length first trained on
  const double low = config.low_frequency_factor;
  const double high = config.high_frequency_factor;
  if (turns > high) return frequency;
  if (turns < low) return frequency / config.factor;
  const double kept = (turns - low) / (high - low);
  return (1.0 - kept) * frequency / config.factor + kept * frequency;
}

/// The pair that makes so many turns over the length first trained on, as a real number.
double pair_of_turns(int64_t head_size, const RopeConfig& config, double turns) {
  const auto length = static_cast<double>(config.original_positions);
  const auto size = static_cast<double>(head_size);
  return size * natural_logarithm(length / (turns * kTwoPi)) /
         (2.0 * natural_logarithm(config.theta));
}

/// source  Peng et al. 2023, and Hugging Face transformers, modeling_rope_utils, "yarn"
double yarn_frequency(int64_t head_size, const RopeConfig& config, double frequency, int64_t pair) {
  const auto last = static_cast<double>(head_size - 1);
  const double low = std::max(std::floor(pair_of_turns(head_size, config, config.beta_fast)), 0.0);
  double high = std::min(std::ceil(pair_of_turns(head_size, config, config.beta_slow)), last);
  if (high == low) high += 0.001;  // as the source does
  const double ramp = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
  return frequency / config.factor * ramp + frequency * (1.0 - ramp);
}

}  // namespace

std::vector<double> rotary_frequencies(int64_t head_size, const RopeConfig& config) {
  const auto size = static_cast<double>(head_size);
  double logarithm = natural_logarithm(config.theta);
  if (config.scaling == RopeConfig::Scaling::kNtk && head_size > 2) {
    logarithm += natural_logarithm(config.factor) * size / (size - 2.0);
  }
  std::vector<double> frequencies;
  for (int64_t j = 0; j < head_size / 2; ++j) {
    const double plain = exponential(-2.0 * static_cast<double>(j) / size * logarithm);
    switch (config.scaling) {
      case RopeConfig::Scaling::kNone:
      case RopeConfig::Scaling::kNtk:
        frequencies.push_back(plain);
        break;
      case RopeConfig::Scaling::kLinear:
        frequencies.push_back(plain / config.factor);
        break;
      case RopeConfig::Scaling::kLlama3:
        frequencies.push_back(llama3_frequency(config, plain));
        break;
      case RopeConfig::Scaling::kYarn:
        frequencies.push_back(yarn_frequency(head_size, config, plain, j));
        break;
    }
  }
  return frequencies;
}

float yarn_attention_factor(float factor) {
  return factor <= 1.0F ? 1.0F : static_cast<float>(0.1 * natural_logarithm(factor) + 1.0);
}

}  // namespace motet::nn
