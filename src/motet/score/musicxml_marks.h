// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>

#include "motet/score/musicxml_remarks.h"
#include "motet/score/notation.h"

namespace motet::musicxml {

/// Where a mark is found in <notations>, and what it is called.
struct MarkName {
  std::string_view group;  ///< "articulations", "ornaments", "technical"; "" for notations itself
  std::string_view name;
  uint32_t marks = 0;
};

/// The marks that a name alone says, in the order in which MusicXML wants them.
std::span<const MarkName> mark_names();

/// The marks of all <notations> of a note: slurs, brackets, articulations, ornaments. What a score
/// cannot hold is remarked. Ties and dynamics are left to the caller.
uint32_t marks_of(pugi::xml_node note, const std::string& place, Remarks& remarks);

}  // namespace motet::musicxml
