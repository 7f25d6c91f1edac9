// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "motet/data/tune.h"

namespace motet::data {

inline constexpr int kPitchClasses = 12;

/// Notes in a shingle: long enough that two tunes of one kind share few by chance.
inline constexpr size_t kShingleNotes = 6;
inline constexpr size_t kDrumShingleNotes = 12;  ///< drum patterns repeat themselves

/// A shingle of a line: a hash of the pitch-class intervals and the ratios of durations (to half an
/// octave) of consecutive notes, so that neither key nor tempo nor an octave changes it.
struct Shingle {
  uint32_t hash = 0;
  uint32_t at = 0;  ///< its first note
};

/// All shingles of a line but those that only repeat one note, in order.
std::vector<Shingle> shingles_of(std::span<const LineNote> line, bool is_drums);

/// What a piece is known by: of the shingles of its upper line, those whose lowest `level` bits are
/// zero. A part of the piece has a part of them, so that containment can be estimated; those of a
/// higher level are among those of a lower one. Source: the modulo sketch of Broder, "On the
/// resemblance and containment of documents", 1997, section 4.
struct Fingerprint {
  uint8_t level = 0;             ///< 0..31
  std::vector<uint32_t> hashes;  ///< sorted, each once, at most kMaxHashes
  bool operator==(const Fingerprint&) const = default;
};
inline constexpr size_t kMaxHashes = 256;

Fingerprint fingerprint_of(const Tune& tune);

/// How much of the smaller of two fingerprints is in the other, at the finest level of both.
struct Overlap {
  size_t shared = 0;
  size_t smaller = 0;
  double share() const {
    return smaller == 0 ? 0.0 : static_cast<double>(shared) / static_cast<double>(smaller);
  }
};
Overlap overlap_of(const Fingerprint& a, const Fingerprint& b);

/// Whether two fingerprints are so alike that they are taken for the same music: at least 8 hashes
/// and half of the smaller are shared. The rule of opt-outs, which errs on the side of leaving out.
bool is_same_music(const Fingerprint& a, const Fingerprint& b);

/// "3-0001a2f800…": the level, then eight hexadecimal digits a hash. What parse_fingerprint reads;
/// nothing where the text is none.
std::string to_text(const Fingerprint& fingerprint);
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace motet::data
