// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/musicxml_remarks.h"
#include "motet/score/score.h"

namespace motet::musicxml {

/// A head as a file has it, before it is known which heads sound as one note.
struct Head {
  Written written;         ///< without its NoteId
  bool ties_on = false;    ///< a tie begins here
  bool ties_back = false;  ///< a tie ends here
  bool is_played = true;   ///< not for rests, grace notes and cues
  uint8_t velocity = 0;    ///< 1..127; 0 where the head does not say
  uint32_t id = 0;         ///< of the note that it begins; 0 for none
  std::string place;       ///< for remarks
};

/// How loud a part is from a place on.
struct Level {
  Ticks at;
  uint8_t velocity = 80;
};

/// Makes the notes of the part, each from one head or from several that are tied, and its written
/// heads. A tie joins two heads of one pitch of which one begins where the other ends, in the same
/// voice and staff before all. Notes keep ids that `heads` give and no other note has, else 0 until
/// name_heads.
void link_heads(std::vector<Head> heads, std::vector<Level> levels, Part& part, Remarks& remarks);

/// Gives ids to all notes that have none, and to the heads of each note the note's.
/// Before: Written::note of a played head is 1 + its note's index in the part; after: its NoteId.
void name_heads(Score& score);

}  // namespace motet::musicxml
