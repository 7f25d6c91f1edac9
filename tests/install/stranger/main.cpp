// SPDX-License-Identifier: Apache-2.0
//
// A stranger's program: writes a note as MIDI and reads it back.
#include "motet/score/midi.h"

int main() {
  motet::Score score;
  score.parts.push_back({.notes = {{.onset = {0}, .duration = {480}, .pitch = 67}}});
  const motet::Reading reading = motet::read_midi(motet::write_midi(score));
  return motet::count_notes(reading.score) == 1 ? 0 : 1;
}
