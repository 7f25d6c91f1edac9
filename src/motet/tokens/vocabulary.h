// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::tokens {

using TokenId = int32_t;

/// What a token speaks of. The order is the order of the ids: never change it, append versions.
enum class Kind : uint8_t {
  kPad,       ///< fills a row of a batch
  kBegin,     ///< a document begins; its header follows
  kBody,      ///< the header ends; bars follow
  kEnd,       ///< the document ends
  kOpening,   ///< header: the first bar is the first bar of the work
  kGap,       ///< stands where a cell is to be written
  kFill,      ///< the next filling of a gap
  kStyle,     ///< header
  kKey,       ///< header; value = tonic pitch class + 12 when minor
  kDensity,   ///< header; octile 0..7
  kMood,      ///< header; calm happy sad tense
  kMetre,     ///< header, and a bar where it changes; value = index into metres()
  kTempo,     ///< header, and a bar where it changes; value = index into tempos()
  kBar,       ///< a bar begins; value + 1 = bars left with this one, the last value means "or more"
  kPart,      ///< a part's cell begins; value = slot
  kProgram,   ///< header; 0..127 General MIDI, 128 drums
  kVelocity,  ///< value = MIDI velocity / 4
  kPosition,  ///< steps after the bar line
  kDuration,  ///< value + 1 = steps; a 288 may be followed by more, which adds
  kPitch,     ///< MIDI key
  kDrum,      ///< General MIDI percussion key
  kChord,     ///< value = root * 10 + quality; the last value is "no chord"
};
inline constexpr int kKinds = 22;

inline constexpr int kStepsPerQuarter = 24;  ///< a thirty-second is 3, a triplet sixteenth is 4
inline constexpr int kMaxBarSteps = 288;     ///< twelve quarters: the longest bar
inline constexpr int kMaxDurationSteps = 288;
inline constexpr int kMaxCountedBars = 64;
inline constexpr int kMaxParts = 32;
inline constexpr int kVelocityBins = 32;
inline constexpr int kDrumsProgram = 128;
inline constexpr int kChordRoots = 12;
inline constexpr int kChordQualityCount = 10;  ///< theory/chord.h names them, in this order
inline constexpr int kNoChord = kChordRoots * kChordQualityCount;

/// A metre that a bar can have: numerator/denominator, at most kMaxBarSteps long.
struct Metre {
  int numerator = 4;
  int denominator = 4;
  int steps() const { return 4 * kStepsPerQuarter * numerator / denominator; }
  auto operator<=>(const Metre&) const = default;
};

const std::vector<Metre>& metres();
/// The index of a metre; nothing when it has none (denominator 32, or too long).
std::optional<int> find_metre(int numerator, int denominator);
/// The shortest way to write a bar of this many steps (a multiple of 6): 24 is 1/4, 36 is 3/8.
int metre_of_length(int steps);

/// The metronome marks, in quarters a minute: Maelzel's scale, continued to 20 and 320.
const std::vector<int>& tempos();
int nearest_tempo(double quarters_per_minute);  ///< an index; nearest in ratio

const std::vector<std::string>& styles();
std::optional<int> find_style(std::string_view name);

/// "Am7" to root * 10 + quality, as theory/chord.h spells; kNoChord for "N.C."; nothing otherwise.
std::optional<int> find_chord(std::string_view text);
/// The root is named as a key of `fifths` sharps (flats below 0) names it: G#7, not Ab7, in C#
/// minor.
std::string chord_text(int chord, int fifths = 0);

/// The number of token ids.
TokenId vocabulary_size();
/// How many values a kind has.
int count_of(Kind kind);
/// value in 0 .. count_of(kind) - 1.
TokenId token(Kind kind, int value = 0);

struct Meaning {
  Kind kind;
  int value;
};
/// Throws Error(kInvalidArgument) for an id outside the vocabulary.
Meaning meaning(TokenId id);
/// "Pitch_60", "Bar_16", "Chord_Am7", "Metre_3/4", "Style_waltz". Throws as meaning does.
std::string name_of(TokenId id);
/// The id with this name; nothing when there is none.
std::optional<TokenId> find_token(std::string_view name);

/// The text of a bundle's tokenizer.json: type, version, steps a quarter, all names in order.
std::string vocabulary_json();
/// Throws Error(kInvalidFile) unless the text describes exactly this vocabulary.
void require_vocabulary(std::string_view json_text, const std::string& name);

}  // namespace motet::tokens
