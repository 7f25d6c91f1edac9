// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace motet::musicxml {

/// A pitch as it is written on a staff.
struct Spelled {
  char step = 'C';
  int alter = 0;   ///< sharps above 0, flats below
  int octave = 4;  ///< 0..9; 4 begins at middle C
};

/// Spells a MIDI pitch in a key of `fifths` sharps (flats below 0): of the names on the line of
/// fifths, the one that lies within three fifths below the tonic and eight above, so that C major
/// has Eb, Bb, F#, C# and G#. What lies below C0 is written in octave 0.
Spelled spell(int pitch, int fifths);

/// What the key signature does to a step: -1, 0 or 1.
int alter_in_key(char step, int fifths);

/// A chord symbol taken apart, as MusicXML's <harmony> wants it.
struct Harmony {
  char root = 'C';
  int root_alter = 0;
  std::string kind;  ///< "minor-seventh"
  std::string text;  ///< the kind as it was written: "m7"
  std::optional<char> bass;
  int bass_alter = 0;
};

/// Nothing when the text does not begin with a note name.
std::optional<Harmony> parse_harmony(std::string_view text);

}  // namespace motet::musicxml
