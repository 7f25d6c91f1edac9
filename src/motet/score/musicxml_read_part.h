// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "motet/score/musicxml_heads.h"
#include "motet/score/musicxml_remarks.h"
#include "motet/score/musicxml_timeline.h"
#include "motet/score/score.h"

namespace motet::musicxml {

/// Joins syllables that are sung to one note.
constexpr std::string_view kElision = "\u203F";

/// What the part list says of the instruments of a part.
struct Instruments {
  uint8_t program = 0;
  bool is_on_drum_channel = false;
  std::map<std::string, uint8_t, std::less<>> keys;      ///< General MIDI percussion key by id
  std::map<std::string, uint8_t, std::less<>> programs;  ///< General MIDI program by id
};

/// Reads one part: its notes, signs and words into `part`, and what belongs to all parts (tempos,
/// chord symbols, rehearsal marks, bar lines) into the lists of `score`.
class PartReader {
 public:
  PartReader(const PartNodes& nodes, const Timeline& timeline, Score& score, Part& part,
             Remarks& remarks);

  void read();

  /// The key signatures of the part as they sound, without what is merely repeated.
  const std::vector<KeyChange>& keys() const { return keys_; }

 private:
  // musicxml_read_part.cpp: the walk through the measures, and attributes
  void read_listed();
  void read_measure(size_t index);
  void read_child(pugi::xml_node child);
  void read_attributes(pugi::xml_node node);
  void read_clef(pugi::xml_node node);
  void read_key(pugi::xml_node node);
  void read_transposition(pugi::xml_node node);

  // musicxml_read_notes.cpp
  void read_note(pugi::xml_node node);
  bool read_times(pugi::xml_node node, Head& head);
  void read_pitch(pugi::xml_node node, Head& head);
  void read_drum_key(pugi::xml_node node, Head& head);
  void read_value(pugi::xml_node node, Written& written);
  void read_ties(pugi::xml_node node, Head& head);
  void read_lyrics(pugi::xml_node node, const Written& written);
  void read_lyric(pugi::xml_node node, const Written& written);
  uint8_t voice_of(pugi::xml_node node);

  // musicxml_read_directions.cpp
  void read_direction(pugi::xml_node node);
  void read_direction_type(pugi::xml_node type, Ticks at, uint8_t staff);
  bool read_spanner(pugi::xml_node node, Ticks at, uint8_t staff);
  void read_dynamics(pugi::xml_node node, Ticks at, uint8_t staff);
  void read_metronome(pugi::xml_node node, Ticks at);
  void read_sound(pugi::xml_node node, Ticks at);
  bool read_jump(pugi::xml_node sound, const std::string& words);
  void read_harmony(pugi::xml_node node);
  void read_barline(pugi::xml_node node);

  void add_tempo(Ticks at, double quarters_per_minute);
  void add_direction(Ticks at, DirectionKind kind, const std::string& text, uint8_t staff);
  Ticks now() const { return begin_ + timeline_.ticks(clock_.at()); }
  Ticks now_with_offset(pugi::xml_node node);
  uint8_t staff_of(pugi::xml_node node);
  void remark(std::string_view what) { remarks_.add(what, place_); }

  const PartNodes& nodes_;
  const Timeline& timeline_;
  Score& score_;
  Part& part_;
  Remarks& remarks_;
  Instruments instruments_;
  Clock clock_;
  std::vector<Head> heads_;
  std::vector<Level> levels_;
  std::vector<KeyChange> keys_;
  std::map<std::string, uint8_t, std::less<>> voices_;  ///< those that are not numbers
  Transposition transposition_;                         ///< in force
  size_t measure_ = 0;
  Ticks begin_;  ///< of the measure
  Ticks end_;
  std::string place_;
};

/// The chord symbol of a <harmony>; "" where there is none.
std::vector<std::string> chords_of(pugi::xml_node harmony, const std::string& place,
                                   Remarks& remarks);

/// The program and percussion keys that a <score-part> names.
Instruments instruments_of(pugi::xml_node listed);

/// The percussion key of an instrument by its name, such as "Snare Drum"; 38 where it is unknown.
uint8_t drum_key_named(std::string_view name);

/// What a transposition does to a name on the line of fifths.
int fifths_of(const Transposition& transposition);

}  // namespace motet::musicxml
