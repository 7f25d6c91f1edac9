// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/kern_layout.h"
#include "motet/score/kern_token.h"
#include "motet/score/score.h"

namespace motet::kern {

/// A place in the file, in units of Layout::units to a whole note.
using Units = int64_t;

/// Units to ticks, to the nearest.
struct Clock {
  int64_t units = 1;
  int resolution = 480;
  Ticks ticks(Units at) const;
};

/// What a column of a `**kern` spine sounds last: indices into Part::written.
struct Sounding {
  std::vector<size_t> heads;
  Units begin = 0;
  Units end = 0;
  uint8_t voice = 0;
};

/// Puts heads into the parts: chooses the voice, ties notes together, cuts what is too long.
class Voices {
 public:
  Voices(Score& score, const Layout& layout, Clock clock, Complaints& complaints);

  /// A chord, note or rest at `at`, in the column `place` of a track.
  Sounding add(size_t track, size_t place, Units at, const Token& token, size_t line);

  /// Silence that nobody wrote, so that a voice goes on from `begin` to `end`. The voice is that of
  /// the column, or another that is free.
  void add_gap(size_t track, size_t place, Units begin, Units end);

  /// A grace note; takes no time.
  void add_grace(size_t track, size_t place, Units at, const Token& token);

  /// A syllable; its voice is counted within its staff until finish().
  void add_lyric(size_t track, const Lyric& lyric);

  /// Adds the text to the syllable before it, where that has the same place.
  bool joins_lyric(size_t track, const Lyric& lyric);

  /// Ends at `end` what sounds longer.
  void cut(size_t track, const Sounding& sounding, Units end);

  /// Gives up ties to notes that did not come before `at`.
  void drop_ties(Units at);

  /// Numbers the voices of each part through its staves, sorts and names the notes.
  void finish();

  /// Semitones up and fifths up from what is written to what sounds, for a track.
  struct Shift {
    int semitones = 0;
    int fifths = 0;
  };
  void set_shift(size_t track, Shift shift) { shifts_[track] = shift; }

 private:
  struct OpenTie {
    size_t track = 0;
    size_t head = 0;
    size_t note = 0;
    Units end = 0;
    uint8_t voice = 0;
  };

  uint8_t voice_for(size_t track, size_t place, Units at, Units end);
  Written written(size_t track, const Head& head, const Token& token) const;
  void sound(size_t track, Written& head, const Head& from, Units end, size_t line);
  bool goes_on(size_t track, Written& head, Units at, Ticks end, size_t line);

  Score& score_;
  const Layout& layout_;
  Clock clock_;
  Complaints& complaints_;
  std::vector<std::vector<Units>> voice_ends_;  ///< by track, then voice
  std::vector<std::vector<OpenTie>> ties_;      ///< by part
  std::vector<Shift> shifts_;                   ///< by track
  std::vector<std::vector<uint8_t>> sung_on_;   ///< the staff of each lyric of each part
};

}  // namespace motet::kern
