// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "motet/score/musicxml_rhythm.h"
#include "motet/score/musicxml_voices.h"
#include "motet/score/musicxml_xml.h"
#include "motet/score/score.h"

namespace motet::musicxml {

/// MusicXML counts dynamics in percent of MIDI velocity 90.
inline constexpr double kFullVelocity = 0.9;

/// "flat", "double-sharp"; empty where MusicXML has no plain name, beyond two sharps or flats.
std::string accidental_name(int alter);

/// A <beam> for each level, the longest beam first.
void write_beams(Xml& xml, const std::vector<std::string>& levels);

/// Where a percussion key is drawn: as if the staff had a treble clef.
struct DrumPlace {
  char step = 'C';
  int octave = 5;
  bool is_cymbal = false;  ///< drawn with a cross
};
DrumPlace drum_place(int key);

/// The id of the instrument of a percussion key in the part list.
std::string drum_id(const std::string& part_id, int key);

/// Writes the notes of one part, bar after bar.
class NoteWriter {
 public:
  NoteWriter(const Part& part, std::string part_id, bool is_one_hand);

  size_t staves() const { return staves_.size(); }
  const Staff& staff(size_t index) const { return staves_[index]; }

  /// The next bar of all staves and voices, each filling the bar, in a key of `fifths`.
  void write_bar(Xml& xml, const Bar& bar, int fifths);

 private:
  struct Voice {
    const Layer* layer = nullptr;
    size_t next = 0;               ///< the first chord that may sound in the coming bar
    std::vector<int> pieces_done;  ///< for each chord: how many pieces are written
  };
  struct VoiceBar {
    size_t voice = 0;  ///< within the staff
    std::vector<NotePiece> pieces;
    std::vector<std::vector<std::string>> accidentals;  ///< for each piece and note; empty for none
    std::vector<std::vector<std::string>> beams;        ///< for each piece, by level
  };

  std::vector<Stretch> stretches_of(Voice& voice, const Bar& bar) const;
  std::vector<VoiceBar> voices_of_bar(size_t staff, const Bar& bar);
  void set_accidentals(size_t staff, const Bar& bar, int fifths, std::vector<VoiceBar>& voices);
  void write_rest(Xml& xml, size_t staff, const VoiceBar& voice_bar, const NotePiece& piece) const;
  void write_chord(Xml& xml, size_t staff, const VoiceBar& voice_bar, size_t piece, const Bar& bar,
                   int fifths);
  void write_pitch(Xml& xml, const Note& note, int fifths) const;
  void write_voice_and_type(Xml& xml, size_t staff, size_t voice, const NotePiece& piece) const;
  void write_lyrics(Xml& xml, const Chord& chord) const;

  const Part& part_;
  std::string part_id_;
  std::vector<Staff> staves_;
  std::vector<std::vector<Voice>> voices_;  ///< by staff
  std::map<const Chord*, std::vector<std::string>> lyrics_;
};

}  // namespace motet::musicxml
