// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "motet/score/musicxml_remarks.h"
#include "motet/score/score.h"

namespace motet::musicxml {

/// One part as the file has it, whichever way round the file is.
struct PartNodes {
  std::string id;
  pugi::xml_node listed;                 ///< its <score-part>; may be null
  std::vector<pugi::xml_node> measures;  ///< partwise <measure>, or timewise <part>; null for none
};

/// "measure 3 of part P1": by the number that is printed, or by the place where there is none.
std::string place_of(const PartNodes& part, size_t measure);

/// Where a reader stands in a measure, in quarters from its beginning: exact enough for any sum of
/// durations, and rounded to a tick only when something is put down.
class Clock {
 public:
  /// Begins a measure; the divisions stay.
  void restart() { at_ = furthest_ = last_ = 0; }

  /// Moves by one child of a measure: note, backup, forward, or attributes with divisions.
  void pass(pugi::xml_node child);

  double at() const { return at_; }                ///< where the next note begins
  double last_onset() const { return last_; }      ///< where the last note began, for its chord
  double furthest() const { return furthest_; }    ///< the end of what was passed
  double divisions() const { return divisions_; }  ///< of a quarter, above 0

  /// The length of a note, in quarters: its duration; where that is absent or absurd, what its note
  /// value says. 0 for a grace note, and where neither is known.
  double length_of(pugi::xml_node note) const;

  /// Whether the duration of a note, backup or forward can be believed.
  bool has_sound_duration(pugi::xml_node element) const;

 private:
  double divisions_ = 1;
  double at_ = 0;
  double last_ = 0;
  double furthest_ = 0;
};

/// 0 for a whole note, 2 for a quarter, -1 for a breve; nothing for what is no note value.
std::optional<int> value_of_type(std::string_view type);

/// The measures of all parts on one line of ticks.
struct Timeline {
  int ticks_per_quarter = 1;
  std::vector<Ticks> begins;  ///< of each measure, and the end of the last
  std::vector<MetreChange> metres;

  Ticks begin(size_t measure) const { return begins[measure]; }
  Ticks length(size_t measure) const { return begins[measure + 1] - begins[measure]; }
  Ticks ticks(double quarters) const;
  /// Rounded tuplets may miss their bar line by so much: less than any note value can say.
  Ticks rounding() const { return {ticks_per_quarter / 64}; }
};

/// Measures begin together in all parts. A measure lasts as long as what stands in it; one that is
/// empty, that only some parts leave short, or whose tuplets were rounded, as long as its metre
/// says. Where length and metre differ, a hidden metre change moves the bar lines.
///
/// throws  Error(kInvalidFile) with the place when a measure is longer than 255 whole notes
Timeline make_timeline(const std::vector<PartNodes>& parts, Remarks& remarks);

}  // namespace motet::musicxml
