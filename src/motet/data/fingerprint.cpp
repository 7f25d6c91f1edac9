// SPDX-License-Identifier: Apache-2.0
#include "motet/data/fingerprint.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "motet/base/hex.h"

namespace motet::data {
namespace {

constexpr double kRatioBinsAnOctave = 2.0;  ///< of the ratio of two durations
constexpr size_t kDigits = 8;
constexpr uint8_t kMaxLevel = 31;
constexpr size_t kFewestSharedHashes = 8;
constexpr double kSameShare = 0.5;

/// The finalizer of MurmurHash3 (Appleby, public domain), 64 bits: every bit moves every other.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 33U)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33U);
}

uint64_t ratio_bin(int64_t before, int64_t after) {
  const double ratio = static_cast<double>(after) / static_cast<double>(before);
  return static_cast<uint64_t>(std::lround(kRatioBinsAnOctave * std::log2(ratio)) + 128);
}

/// For each note but the last what leads to the next: a step, and the ratio to the last duration.
struct Steps {
  std::vector<uint64_t> pitch;  // [notes - 1]; of drums the stroke itself
  std::vector<uint64_t> ratio;  // [notes - 1]; the first is not used
};

Steps steps_of(std::span<const LineNote> line, bool is_drums) {
  Steps steps;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const int interval = line[i + 1].pitch - line[i].pitch + 20 * kPitchClasses;
    steps.pitch.push_back(is_drums ? 1U + line[i].pitch
                                   : static_cast<uint64_t>(interval % kPitchClasses));
    steps.ratio.push_back(
        i == 0 ? 0
               : ratio_bin(line[i].onset - line[i - 1].onset, line[i + 1].onset - line[i].onset));
  }
  return steps;
}

bool repeats_one_note(std::span<const uint64_t> steps, bool is_drums) {
  const uint64_t first = is_drums ? steps[0] : 0;
  return std::ranges::all_of(steps, [&](uint64_t step) { return step == first; });
}

std::span<const uint32_t> at_level(const Fingerprint& fingerprint, uint8_t level,
                                   std::vector<uint32_t>& room) {
  if (fingerprint.level == level) return fingerprint.hashes;
  const uint32_t mask = (1U << level) - 1U;
  room.clear();
  for (const uint32_t hash : fingerprint.hashes) {
    if ((hash & mask) == 0) room.push_back(hash);
  }
  return room;
}

}  // namespace

std::vector<Shingle> shingles_of(std::span<const LineNote> line, bool is_drums) {
  const size_t notes = is_drums ? kDrumShingleNotes : kShingleNotes;
  std::vector<Shingle> shingles;
  if (line.size() < notes) return shingles;
  const Steps steps = steps_of(line, is_drums);
  for (size_t at = 0; at + notes <= line.size(); ++at) {
    const std::span<const uint64_t> pitch(steps.pitch.data() + at, notes - 1);
    if (repeats_one_note(pitch, is_drums)) continue;
    uint64_t hash = is_drums ? 2 : 1;
    for (size_t i = 0; i < pitch.size(); ++i) {
      hash = mix(hash ^ (pitch[i] << 8U) ^ (i == 0 ? 0 : steps.ratio[at + i]));
    }
    shingles.push_back({static_cast<uint32_t>(hash), static_cast<uint32_t>(at)});
  }
  return shingles;
}

Fingerprint fingerprint_of(const Tune& tune) {
  Fingerprint fingerprint;
  for (const Shingle& shingle : shingles_of(tune.upper, tune.is_drums)) {
    fingerprint.hashes.push_back(shingle.hash);
  }
  std::vector<uint32_t>& hashes = fingerprint.hashes;
  std::ranges::sort(hashes);
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  while (hashes.size() > kMaxHashes && fingerprint.level < kMaxLevel) {
    const uint32_t bit = 1U << fingerprint.level++;
    std::erase_if(hashes, [&](uint32_t hash) { return (hash & bit) != 0; });
  }
  return fingerprint;
}

Overlap overlap_of(const Fingerprint& a, const Fingerprint& b) {
  const uint8_t level = std::max(a.level, b.level);
  std::vector<uint32_t> room_a;
  std::vector<uint32_t> room_b;
  const auto first = at_level(a, level, room_a);
  const auto second = at_level(b, level, room_b);
  Overlap overlap{0, std::min(first.size(), second.size())};
  for (auto i = first.begin(), j = second.begin(); i != first.end() && j != second.end();) {
    overlap.shared += *i == *j ? 1 : 0;
    const bool left = *i <= *j;
    const bool right = *j <= *i;
    i += left ? 1 : 0;
    j += right ? 1 : 0;
  }
  return overlap;
}

bool is_same_music(const Fingerprint& a, const Fingerprint& b) {
  const Overlap overlap = overlap_of(a, b);
  return overlap.shared >= kFewestSharedHashes && overlap.share() >= kSameShare;
}

std::string to_text(const Fingerprint& fingerprint) {
  std::string text = std::to_string(fingerprint.level) + "-";
  for (const uint32_t hash : fingerprint.hashes) {
    for (int shift = 28; shift >= 0; shift -= 4) text += kHexDigits[(hash >> shift) & 15U];
  }
  return text;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint fingerprint;
  const char* const end = text.data() + text.size();
  auto [at, failure] = std::from_chars(text.data(), end, fingerprint.level);
  if (failure != std::errc() || at == end || *at++ != '-') return std::nullopt;
  const auto room = static_cast<size_t>(end - at);
  if (fingerprint.level > kMaxLevel || room % kDigits != 0 || room / kDigits > kMaxHashes) {
    return std::nullopt;
  }
  const uint32_t mask = (1U << fingerprint.level) - 1U;
  for (; at != end; at += kDigits) {
    uint32_t hash = 0;
    const auto [stop, wrong] = std::from_chars(at, at + kDigits, hash, 16);
    if (wrong != std::errc() || stop != at + kDigits || (hash & mask) != 0) return std::nullopt;
    if (!fingerprint.hashes.empty() && hash <= fingerprint.hashes.back()) return std::nullopt;
    fingerprint.hashes.push_back(hash);
  }
  return fingerprint;
}

}  // namespace motet::data
