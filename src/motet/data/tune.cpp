// SPDX-License-Identifier: Apache-2.0
#include "motet/data/tune.h"

#include <algorithm>
#include <string>

#include "motet/base/error.h"

namespace motet::data {
namespace {

constexpr uint8_t kTuneVersion = 1;
constexpr uint8_t kDrumsFlag = 1;
constexpr uint8_t kLowerFlag = 2;
constexpr int64_t kStrumShare = 16;  ///< of the upper quartile of the gaps
constexpr unsigned kSevenBits = 7;
constexpr uint8_t kMore = 0x80;

struct Struck {
  int64_t onset;
  uint8_t pitch;
  auto operator<=>(const Struck&) const = default;
};

std::vector<Struck> collect(const Score& score, bool drums) {
  std::vector<Struck> struck;
  for (const Part& part : score.parts) {
    if (part.is_drums != drums) continue;
    for (const Note& note : part.notes) struck.push_back({note.onset.value, note.pitch});
  }
  std::ranges::sort(struck);
  return struck;
}

/// Up to how far apart two notes are struck together, in ticks.
int64_t strum_of(const std::vector<Struck>& struck) {
  std::vector<int64_t> gaps;
  for (size_t i = 1; i < struck.size(); ++i) {
    if (const int64_t gap = struck[i].onset - struck[i - 1].onset; gap > 0) gaps.push_back(gap);
  }
  if (gaps.empty()) return 0;
  const auto quartile = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() * 3 / 4);
  std::nth_element(gaps.begin(), quartile, gaps.end());
  return *quartile / kStrumShare;
}

/// FNV-1a over the keys, folded to a byte.
uint8_t stroke_of(const Struck* first, const Struck* last) {
  uint32_t hash = 2166136261U;
  std::vector<uint8_t> keys;
  for (; first != last; ++first) keys.push_back(first->pitch);
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const uint8_t key : keys) hash = (hash ^ key) * 16777619U;
  return static_cast<uint8_t>(hash ^ (hash >> 8U) ^ (hash >> 16U) ^ (hash >> 24U));
}

void put(Bytes& bytes, uint64_t value) {
  for (; value >= kMore; value >>= kSevenBits) {
    bytes.push_back(static_cast<uint8_t>(value | kMore));
  }
  bytes.push_back(static_cast<uint8_t>(value));
}

/// Reads what `put` wrote; every step is checked.
class Unpacker {
 public:
  explicit Unpacker(ByteView bytes) : bytes_(bytes) {}

  uint8_t byte() {
    if (at_ == bytes_.size()) refuse("the end");
    return bytes_[at_++];
  }
  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 8 * sizeof value; shift += kSevenBits) {
      const uint8_t part = byte();
      value |= static_cast<uint64_t>(part & (kMore - 1U)) << shift;
      if (part < kMore) return value;
    }
    refuse("a number that does not end");
  }
  size_t rest() const { return bytes_.size() - at_; }

  [[noreturn]] void refuse(const std::string& found) const {
    throw Error(ErrorCode::kInvalidFile,
                "tune: byte " + std::to_string(at_) + ": expected a packed tune, found " + found);
  }

 private:
  ByteView bytes_;
  size_t at_ = 0;
};

}  // namespace

Tune tune_of(const Score& score) {
  Tune tune;
  tune.ticks_per_quarter = score.ticks_per_quarter;
  std::vector<Struck> struck = collect(score, false);
  if (struck.empty()) {
    struck = collect(score, true);
    tune.is_drums = !struck.empty();
  }
  const int64_t strum = strum_of(struck);
  for (size_t i = 0; i < struck.size();) {
    size_t end = i;
    uint8_t low = struck[i].pitch;
    uint8_t high = struck[i].pitch;
    for (; end < struck.size() && struck[end].onset - struck[i].onset <= strum; ++end) {
      low = std::min(low, struck[end].pitch);
      high = std::max(high, struck[end].pitch);
    }
    if (tune.is_drums) low = high = stroke_of(struck.data() + i, struck.data() + end);
    tune.upper.push_back({struck[i].onset, high});
    tune.lower.push_back({struck[i].onset, low});
    i = end;
  }
  if (tune.lower == tune.upper) tune.lower.clear();
  return tune;
}

Bytes pack_tune(const Tune& tune) {
  Bytes bytes = {kTuneVersion, static_cast<uint8_t>((tune.is_drums ? kDrumsFlag : 0U) |
                                                    (tune.lower.empty() ? 0U : kLowerFlag))};
  put(bytes, static_cast<uint64_t>(tune.ticks_per_quarter));
  put(bytes, tune.upper.size());
  int64_t last = 0;
  for (const LineNote& note : tune.upper) {
    put(bytes, static_cast<uint64_t>(note.onset - last));
    bytes.push_back(note.pitch);
    last = note.onset;
  }
  for (const LineNote& note : tune.lower) bytes.push_back(note.pitch);
  return bytes;
}

Tune unpack_tune(ByteView bytes) {
  Unpacker in(bytes);
  if (in.byte() != kTuneVersion) in.refuse("another version");
  const uint8_t flags = in.byte();
  if (flags > (kDrumsFlag | kLowerFlag)) in.refuse("unknown flags");
  Tune tune;
  tune.is_drums = (flags & kDrumsFlag) != 0;
  const uint64_t resolution = in.number();
  if (resolution < 1 || resolution > INT16_MAX) in.refuse("a resolution outside 1..32767");
  tune.ticks_per_quarter = static_cast<int>(resolution);
  const uint64_t count = in.number();
  if (count > in.rest()) in.refuse("a count beyond the end");
  tune.upper.reserve(count);
  uint64_t at = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t gap = in.number();
    if ((gap == 0 && i > 0) || gap > INT64_MAX - at) in.refuse("an onset out of order");
    at += gap;
    tune.upper.push_back({static_cast<int64_t>(at), in.byte()});
  }
  if ((flags & kLowerFlag) != 0) {
    for (const LineNote& note : tune.upper) tune.lower.push_back({note.onset, in.byte()});
  }
  if (in.rest() != 0) in.refuse("more behind its end");
  return tune;
}

}  // namespace motet::data
