// SPDX-License-Identifier: Apache-2.0
#include "motet/base/random.h"

namespace motet {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1
constexpr int kRounds = 10;

constexpr uint32_t low(uint64_t x) { return static_cast<uint32_t>(x); }
constexpr uint32_t high(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

}  // namespace

std::array<uint32_t, 4> Random::bits(uint64_t step) const noexcept {
  std::array<uint32_t, 4> x = {low(step), high(step), low(stream_), high(stream_)};
  uint32_t key0 = low(seed_);
  uint32_t key1 = high(seed_);
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * x[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * x[2];
    x = {high(product1) ^ x[1] ^ key0, low(product1), high(product0) ^ x[3] ^ key1, low(product0)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return x;
}

double Random::uniform(uint64_t step) const noexcept {
  constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
  const auto words = bits(step);
  const uint64_t joined = (uint64_t{words[0]} << 21) ^ (words[1] >> 11);
  return static_cast<double>(joined & ((uint64_t{1} << 53) - 1)) * kUnit;
}

}  // namespace motet
