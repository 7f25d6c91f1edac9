// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/vocabulary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "motet/base/error.h"
#include "motet/score/notation.h"

namespace motet::tokens {
namespace {

constexpr std::array<const char*, kKinds> kKindNames = {
    "Pad",      "Begin",    "Body",     "End",   "Opening", "Gap",  "Fill", "Style",
    "Key",      "Density",  "Mood",     "Metre", "Tempo",   "Bar",  "Part", "Program",
    "Velocity", "Position", "Duration", "Pitch", "Drum",    "Chord"};

constexpr std::array<const char*, 12> kPitchClassNames = {"C",  "Db", "D",  "Eb", "E",  "F",
                                                          "F#", "G",  "Ab", "A",  "Bb", "B"};
constexpr std::array<const char*, kChordQualityCount> kQualityNames = {
    "", "m", "dim", "aug", "sus4", "7", "maj7", "m7", "m7b5", "dim7"};
constexpr std::array<const char*, 4> kMoodNames = {"calm", "happy", "sad", "tense"};

std::vector<Metre> make_metres() {
  std::vector<Metre> all;
  for (const int denominator : {1, 2, 4, 8, 16}) {
    for (int numerator = 1; Metre{numerator, denominator}.steps() <= kMaxBarSteps; ++numerator) {
      all.push_back({numerator, denominator});
    }
  }
  return all;
}

int count_values(Kind kind) {
  switch (kind) {
    case Kind::kStyle:
      return static_cast<int>(styles().size());
    case Kind::kKey:
      return 24;
    case Kind::kDensity:
      return 8;
    case Kind::kMood:
      return 4;
    case Kind::kMetre:
      return static_cast<int>(metres().size());
    case Kind::kTempo:
      return static_cast<int>(tempos().size());
    case Kind::kBar:
      return kMaxCountedBars;
    case Kind::kPart:
      return kMaxParts;
    case Kind::kProgram:
      return kDrumsProgram + 1;
    case Kind::kVelocity:
      return kVelocityBins;
    case Kind::kPosition:
      return kMaxBarSteps;
    case Kind::kDuration:
      return kMaxDurationSteps;
    case Kind::kPitch:
    case Kind::kDrum:
      return 128;
    case Kind::kChord:
      return kNoChord + 1;
    default:
      return 1;
  }
}

/// begins()[k] is the first id of kind k; the last entry is the size of the vocabulary.
const std::array<TokenId, kKinds + 1>& begins() {
  static const auto table = [] {
    std::array<TokenId, kKinds + 1> first{};
    for (int k = 0; k < kKinds; ++k) {
      first[k + 1] = first[k] + count_values(static_cast<Kind>(k));
    }
    return first;
  }();
  return table;
}

std::string value_name(Kind kind, int value) {
  const auto at = static_cast<size_t>(value);
  switch (kind) {
    case Kind::kStyle:
      return styles()[at];
    case Kind::kKey:
      return kPitchClassNames[at % 12] + std::string(value >= 12 ? "m" : "");
    case Kind::kMood:
      return kMoodNames[at];
    case Kind::kMetre:
      return std::to_string(metres()[at].numerator) + "/" +
             std::to_string(metres()[at].denominator);
    case Kind::kTempo:
      return std::to_string(tempos()[at]);
    case Kind::kBar:
      return std::to_string(value + 1);
    case Kind::kProgram:
      return value == kDrumsProgram ? "drums" : std::to_string(value);
    case Kind::kVelocity:
      return std::to_string(4 * value + 2);
    case Kind::kDuration:
      return std::to_string(value + 1);
    case Kind::kChord:
      return chord_text(value);
    default:
      return std::to_string(value);
  }
}

}  // namespace

const std::vector<Metre>& metres() {
  static const std::vector<Metre> all = make_metres();
  return all;
}

std::optional<int> find_metre(int numerator, int denominator) {
  const auto& all = metres();
  const auto found = std::ranges::find(all, Metre{numerator, denominator});
  if (found == all.end()) return std::nullopt;
  return static_cast<int>(found - all.begin());
}

int metre_of_length(int steps) {
  for (const int denominator : {4, 8, 16}) {
    const int unit = Metre{1, denominator}.steps();
    if (steps % unit == 0) {
      if (const auto index = find_metre(steps / unit, denominator)) return *index;
    }
  }
  throw Error(ErrorCode::kInvalidArgument,
              "metre: no bar of " + std::to_string(steps) + " steps can be written");
}

const std::vector<int>& tempos() {
  static const std::vector<int> marks = {20,  22,  24,  26,  28,  30,  32,  34,  36,  38,  40,  42,
                                         44,  46,  48,  50,  52,  54,  56,  58,  60,  63,  66,  69,
                                         72,  76,  80,  84,  88,  92,  96,  100, 104, 108, 112, 116,
                                         120, 126, 132, 138, 144, 152, 160, 168, 176, 184, 192, 200,
                                         208, 216, 224, 232, 240, 252, 264, 276, 288, 304, 320};
  return marks;
}

int nearest_tempo(double quarters_per_minute) {
  const auto& marks = tempos();
  const auto distance = [&](int mark) { return std::abs(std::log(mark / quarters_per_minute)); };
  const auto best = std::ranges::min_element(marks, {}, distance);
  return static_cast<int>(best - marks.begin());
}

const std::vector<std::string>& styles() {
  static const std::vector<std::string> names = {
      "hymn",           "mass",       "sacred",      "vespers",   "requiem", "opera", "song",
      "secular",        "prelude",    "etude",       "polonaise", "mazurka", "waltz", "nocturne",
      "sonata",         "march",      "variations",  "rondo",     "fugue",   "dance", "piano-piece",
      "string-quartet", "orchestral", "irish-dance", "rock",      "drums"};
  return names;
}

std::optional<int> find_style(std::string_view name) {
  const auto& names = styles();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

std::optional<int> find_chord(std::string_view text) {
  constexpr std::array<int, 7> kLetterPitch = {9, 11, 0, 2, 4, 5, 7};  // A B C D E F G
  if (text == "N.C.") return kNoChord;
  if (text.empty() || text[0] < 'A' || text[0] > 'G') return std::nullopt;
  int root = kLetterPitch[static_cast<size_t>(text[0] - 'A')];
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '#' || text[0] == 'b')) {
    root = (root + (text[0] == '#' ? 1 : 11)) % 12;
    text.remove_prefix(1);
  }
  const auto found = std::ranges::find(kQualityNames, text);
  if (found == kQualityNames.end()) return std::nullopt;
  return root * kChordQualityCount + static_cast<int>(found - kQualityNames.begin());
}

std::string chord_text(int chord, int fifths) {
  if (chord == kNoChord) return "N.C.";
  const int root = chord / kChordQualityCount;
  // On the line of fifths F is 0 here; the names around the key have one accidental at most.
  const int flattest = std::clamp(fifths - 4, -7, 2);
  const int place = flattest + ((7 * (root - 5) - flattest) % 12 + 12) % 12;
  std::string text(1, kLettersByFifths[static_cast<size_t>((place + 7) % 7)]);
  if (place < 0 || place > 6) text += place < 0 ? 'b' : '#';
  return text + kQualityNames[static_cast<size_t>(chord % kChordQualityCount)];
}

TokenId vocabulary_size() { return begins()[kKinds]; }

int count_of(Kind kind) { return count_values(kind); }

TokenId token(Kind kind, int value) { return begins()[static_cast<size_t>(kind)] + value; }

Meaning meaning(TokenId id) {
  const auto& first = begins();
  if (id < 0 || id >= first[kKinds]) {
    throw Error(ErrorCode::kInvalidArgument, "tokens: id " + std::to_string(id) +
                                                 " is outside the vocabulary 0.." +
                                                 std::to_string(first[kKinds] - 1));
  }
  const auto next = std::upper_bound(first.begin(), first.end(), id);
  const auto kind = static_cast<size_t>(next - first.begin() - 1);
  return {static_cast<Kind>(kind), id - first[kind]};
}

std::string name_of(TokenId id) {
  const auto [kind, value] = meaning(id);
  const std::string name = kKindNames[static_cast<size_t>(kind)];
  return count_values(kind) == 1 ? name : name + "_" + value_name(kind, value);
}

std::optional<TokenId> find_token(std::string_view name) {
  static const auto ids = [] {
    std::unordered_map<std::string, TokenId> all;
    for (TokenId id = 0; id < vocabulary_size(); ++id) all.emplace(name_of(id), id);
    return all;
  }();
  const auto found = ids.find(std::string(name));
  if (found == ids.end()) return std::nullopt;
  return found->second;
}

std::string vocabulary_json() {
  std::string text =
      "{\n  \"type\": \"motet-grid\",\n  \"version\": 1,\n  \"steps_per_quarter\": " +
      std::to_string(kStepsPerQuarter) + ",\n  \"tokens\": [";
  for (TokenId id = 0; id < vocabulary_size(); ++id) {
    text += (id == 0 ? "\n    \"" : ",\n    \"") + name_of(id) + "\"";
  }
  return text + "\n  ]\n}\n";
}

void require_vocabulary(std::string_view json_text, const std::string& name) {
  if (json_text == vocabulary_json()) return;
  throw Error(ErrorCode::kInvalidFile,
              name + ": expected the tokenizer motet-grid, version 1, with " +
                  std::to_string(vocabulary_size()) +
                  " tokens; this is another one. Use a bundle made for this engine, or copy the "
                  "tokenizer.json that `motet tokenize --vocabulary` prints if only its layout "
                  "differs");
}

}  // namespace motet::tokens
