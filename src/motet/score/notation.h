// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "motet/score/time.h"

namespace motet {

/// The place of a note name on the line of fifths: F -1, C 0, G 1 ... B 5, F# 6, Bb -2.
/// Two sharps or flats at most: Fbb is -15, B## is 19.
using LineOfFifths = int8_t;
constexpr LineOfFifths kUnspelled = 127;  ///< the name is not known
/// The letters in their order on the line of fifths: the letter at place p, without accidentals, is
/// kLettersByFifths[p + 1].
inline constexpr std::string_view kLettersByFifths = "FCGDAEB";

/// What an engraver draws on a note or rest besides its head: bits of Written::marks.
enum Mark : uint32_t {
  kRest = 1U << 0,         ///< silence; no pitch
  kGrace = 1U << 1,        ///< takes no time on the page: duration 0
  kSlashed = 1U << 2,      ///< a grace note with a stroke: acciaccatura
  kChord = 1U << 3,        ///< a grace note in one chord with the grace note before it
  kCue = 1U << 4,          ///< small; not played
  kInvisible = 1U << 5,    ///< takes time but is not drawn
  kWholeBar = 1U << 6,     ///< a rest for the whole bar, whatever the metre
  kTupletBegin = 1U << 7,  ///< the bracket of Written::actual : normal opens here
  kTupletEnd = 1U << 8,    ///< and closes here
  kSlurBegin = 1U << 9,
  kSlurEnd = 1U << 10,
  kStaccato = 1U << 11,
  kStaccatissimo = 1U << 12,
  kTenuto = 1U << 13,
  kAccent = 1U << 14,   ///< >
  kMarcato = 1U << 15,  ///< ^
  kFermata = 1U << 16,
  kTrill = 1U << 17,
  kTurn = 1U << 18,
  kMordent = 1U << 19,          ///< with the note below
  kInvertedMordent = 1U << 20,  ///< with the note above
  kArpeggio = 1U << 21,
  kUpBow = 1U << 22,
  kDownBow = 1U << 23,
  kTremolo = 1U << 24,
  kGlissandoBegin = 1U << 25,
  kGlissandoEnd = 1U << 26,
  kBreath = 1U << 27,        ///< a breath mark after it
  kTieOpen = 1U << 28,       ///< tied to something that is not there: laissez vibrer, a cut
  kUntypedValue = 1U << 29,  ///< the source gave no note value; `value` is a guess
};

/// One head or rest on the page. Heads of one note (the same NoteId) are tied together; heads of
/// one voice, staff, place and length are a chord.
struct Written {
  Ticks at;
  Ticks duration;  ///< sounding length of this head; 0 for a grace note
  NoteId note;  ///< the note that sounds; 0 for a rest, a cue and a grace note that is not played
  uint8_t pitch = 60;                  ///< sounding MIDI key, 0..127; equals the note's
  LineOfFifths spelling = kUnspelled;  ///< sounding name; equals the note's
  uint8_t voice = 0;                   ///< 0-based within the part
  uint8_t staff = 0;                   ///< 0-based within the part, from the top
  int8_t value = 2;    ///< note value 1 / 2^value: 0 whole, 2 quarter, -1 breve, -2 longa
  uint8_t dots = 0;    ///< 0..4
  uint8_t actual = 1;  ///< a tuplet of `actual` in the time of `normal`: 3:2; 1:1 for none
  uint8_t normal = 1;
  uint32_t marks = 0;  ///< bits of Mark
  auto operator<=>(const Written&) const = default;

  bool has(Mark mark) const noexcept { return (marks & mark) != 0; }
};

enum class Syllabic : uint8_t { kSingle, kBegin, kMiddle, kEnd };

/// A syllable under a note. From a sound-only source (MIDI) `text` is all that is known and may
/// hold its own hyphens; from a written one the text is bare and `syllabic` says the hyphens.
struct Lyric {
  Ticks at;
  std::string text;   ///< UTF-8
  uint8_t verse = 1;  ///< 1-based
  Syllabic syllabic = Syllabic::kSingle;
  bool is_extended = false;  ///< a line follows: the syllable lasts over further notes
  uint8_t voice = 0;         ///< of the note that it is sung to
  auto operator<=>(const Lyric&) const = default;
};

struct Clef {
  Ticks at;
  uint8_t staff = 0;  ///< 0-based within the part
  char sign = 'G';    ///< G F C, P for percussion, T for tablature
  int8_t line = 2;    ///< 1 is the lowest
  int8_t octave = 0;  ///< 1: sounds an octave above what is drawn; -1: below
  auto operator<=>(const Clef&) const = default;
};

enum class DirectionKind : uint8_t {
  kDynamic,     ///< text: pp, mf, sfz ...
  kWords,       ///< text: dolce, Allegro, pizz. ...
  kCrescendo,   ///< a hairpin opens
  kDiminuendo,  ///< a closing hairpin begins
  kWedgeEnd,    ///< either ends
  kPedalDown,
  kPedalUp,
  kOctaveUp,    ///< 8va begins; what follows is written an octave lower than it sounds
  kOctaveDown,  ///< 8vb begins
  kOctaveEnd,
};

/// A sign or word that belongs to a place of a part, not to one note.
struct Direction {
  Ticks at;
  DirectionKind kind = DirectionKind::kWords;
  std::string text;   ///< UTF-8
  uint8_t staff = 0;  ///< 0-based within the part
  auto operator<=>(const Direction&) const = default;
};

enum class BarlineKind : uint8_t {
  kRepeatBegin,  ///< |:
  kRepeatEnd,    ///< :|
  kEndingBegin,  ///< a bracket with `text` as its numbers: "1", "1,2"
  kEndingEnd,    ///< the bracket is closed at its end
  kEndingOpen,   ///< the bracket stays open at its end
  kDouble,
  kFinal,
  kDashed,
  kInvisible,
  kSegno,
  kCoda,
  kFine,
  kDaCapo,  ///< `text` as printed: "D.C. al Fine"
  kDalSegno,
  kToCoda,
};

/// A bar line that is more than one stroke, or a sign of the road through the piece.
struct Barline {
  Ticks at;
  BarlineKind kind = BarlineKind::kDouble;
  std::string text;
  uint8_t times = 2;  ///< of kRepeatEnd: how often the passage is heard
  auto operator<=>(const Barline&) const = default;
};

/// What a transposing instrument adds to the page to sound: a clarinet in B flat is {-2, -1}.
struct Transposition {
  int8_t chromatic = 0;  ///< semitones
  int8_t diatonic = 0;   ///< steps of the staff
  auto operator<=>(const Transposition&) const = default;
};

}  // namespace motet
