// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace motet::musicxml
