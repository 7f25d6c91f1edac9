// SPDX-License-Identifier: Apache-2.0
// The names of chords: writing them, and reading what lead sheets write.
#include <algorithm>
#include <initializer_list>

#include "motet/theory/chord.h"
#include "motet/theory/key.h"

namespace motet {
namespace {

struct QualityText {
  std::string_view suffix;
  uint16_t pitch_classes;  // above the root: bit 0 is the root
};

constexpr uint16_t mask_of(std::initializer_list<int> intervals) {
  unsigned mask = 0;
  for (const int interval : intervals) mask |= 1U << interval;
  return static_cast<uint16_t>(mask);
}

// In the order of ChordQuality.
constexpr std::array<QualityText, kChordQualities> kQualities = {{
    {"", mask_of({0, 4, 7})},
    {"m", mask_of({0, 3, 7})},
    {"dim", mask_of({0, 3, 6})},
    {"aug", mask_of({0, 4, 8})},
    {"sus4", mask_of({0, 5, 7})},
    {"7", mask_of({0, 4, 7, 10})},
    {"maj7", mask_of({0, 4, 7, 11})},
    {"m7", mask_of({0, 3, 7, 10})},
    {"m7b5", mask_of({0, 3, 6, 10})},
    {"dim7", mask_of({0, 3, 6, 9})},
}};

constexpr std::array<std::string_view, 12> kRootNames = {"C",  "C#", "D",  "Eb", "E",  "F",
                                                         "F#", "G",  "Ab", "A",  "Bb", "B"};

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take_any(std::string_view& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&text](std::string_view word) { return take(text, word); });
}

// The note at the front of `text`, as a pitch class.
std::optional<int> take_note(std::string_view& text) {
  if (text.empty() || text.front() < 'A' || text.front() > 'G') return std::nullopt;
  int note = kLetterPitchClasses[static_cast<size_t>(text.front() - 'A')];
  text.remove_prefix(1);
  while (true) {
    if (take_any(text, {"#", "\u266F"})) {
      note += 1;
    } else if (take_any(text, {"b", "\u266D"})) {
      note += 11;
    } else {
      return note % 12;
    }
  }
}

// What the words after the root have said so far.
struct Spelling {
  enum class Third { kMajor, kMinor, kDiminished, kHalfDiminished, kAugmented, kSuspended };
  Third third = Third::kMajor;
  bool seventh = false;        // a minor seventh, or the diminished one of a dim7
  bool major_seventh = false;  // "maj7" after the third
  bool flat_fifth = false;
};

// "7", "9", "11" and "13" imply a seventh; "6", "5", "69", "2" and "4" do not.
bool take_degree(std::string_view& text, Spelling& spelling) {
  if (take_any(text, {"7", "9", "11", "13"})) {
    spelling.seventh = true;
    return true;
  }
  return take_any(text, {"69", "6/9", "6", "5", "2", "4"});
}

// A bare "o" is not taken for diminished: "Go" and "Do" are words.
bool take_third(std::string_view& text, Spelling& spelling) {
  using Third = Spelling::Third;
  if (take_any(text, {"\u0394", "^"})) {
    spelling.major_seventh = true;
    spelling.seventh = true;
  } else if (take_any(text, {"maj", "Maj", "MA", "ma", "M"})) {
    spelling.major_seventh = true;  // only if a degree follows
  } else if (take_any(text, {"min", "Min", "mi", "m", "-"})) {
    spelling.third = Third::kMinor;
  } else if (take_any(text, {"dim", "\u00B0"}) || (text == "o7" && take(text, "o"))) {
    spelling.third = Third::kDiminished;
  } else if (take_any(text, {"\u00F8", "\u00D8"})) {
    spelling.third = Third::kHalfDiminished;
  } else if (take_any(text, {"aug", "+"})) {
    spelling.third = Third::kAugmented;
  } else {
    return false;
  }
  return true;
}

// One alteration or addition; a bracket or comma between them says nothing.
bool take_alteration(std::string_view& text, Spelling& spelling) {
  using Third = Spelling::Third;
  if (take_any(text, {"(", ")", ","})) return true;
  if (take_any(text, {"sus4", "sus2", "sus"})) {
    spelling.third = Third::kSuspended;
    return true;
  }
  if (take_any(text, {"maj7", "Maj7", "M7"})) return spelling.major_seventh = true;
  if (take_any(text, {"b5", "-5"})) return spelling.flat_fifth = true;
  if (take_any(text, {"#5", "+5"})) {
    if (spelling.third == Third::kMajor) spelling.third = Third::kAugmented;
    return true;
  }
  if (take(text, "alt")) return spelling.seventh = true;
  if (!take_any(text, {"add", "omit", "no", "b", "#", "+", "-"})) return false;
  return take_any(text, {"11", "13", "9", "6", "5", "4", "3", "2"});
}

ChordQuality quality_of(const Spelling& spelling) {
  using Third = Spelling::Third;
  switch (spelling.third) {
    case Third::kSuspended:
      return ChordQuality::kSuspended4;
    case Third::kAugmented:
      return ChordQuality::kAugmented;
    case Third::kHalfDiminished:
      return ChordQuality::kHalfDiminished7;
    case Third::kDiminished:
      return spelling.seventh ? ChordQuality::kDiminished7 : ChordQuality::kDiminished;
    case Third::kMinor:
      if (spelling.flat_fifth) {
        return spelling.seventh ? ChordQuality::kHalfDiminished7 : ChordQuality::kDiminished;
      }
      return spelling.seventh ? ChordQuality::kMinor7 : ChordQuality::kMinor;
    case Third::kMajor:
      break;
  }
  if (spelling.major_seventh) return ChordQuality::kMajor7;
  return spelling.seventh ? ChordQuality::kDominant7 : ChordQuality::kMajor;
}

}  // namespace

std::string name_of(Chord chord) {
  return std::string(kRootNames[static_cast<size_t>(chord.root)]) +
         std::string(kQualities[static_cast<size_t>(chord.quality)].suffix);
}

uint16_t pitch_classes(Chord chord) {
  const unsigned mask = kQualities[static_cast<size_t>(chord.quality)].pitch_classes;
  const unsigned wide = mask << static_cast<unsigned>(chord.root);
  return static_cast<uint16_t>((wide | (wide >> 12)) & 0xFFFU);
}

std::optional<Chord> parse_chord(std::string_view text) {
  const auto root = take_note(text);
  if (!root) return std::nullopt;
  Spelling spelling;
  const bool third_named = take_third(text, spelling);
  const bool major_named = third_named && spelling.major_seventh;
  take_degree(text, spelling);
  // "Cmaj" and "Cmaj6" are triads; "Cmaj9" has its major seventh, not the minor one.
  if (major_named && !spelling.seventh) spelling.major_seventh = false;
  while (take_alteration(text, spelling)) {
  }
  if (take(text, "/") && !take_note(text)) return std::nullopt;
  if (!text.empty()) return std::nullopt;
  return Chord{.root = *root, .quality = quality_of(spelling)};
}

}  // namespace motet
