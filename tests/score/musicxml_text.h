// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "motet/score/musicxml.h"

namespace motet::test {

inline Reading read_xml(const std::string& text) {
  return read_musicxml({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// Whether one of the sentences contains the words.
inline bool says(const std::vector<std::string>& mended, const std::string& words) {
  return std::ranges::any_of(
      mended, [&](const std::string& text) { return text.find(words) != std::string::npos; });
}

/// A score of one part with these measures; `listed` stands in its <score-part>.
inline std::string one_part_xml(const std::string& measures, const std::string& listed = "") {
  return R"(<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0"><part-list>)"
         R"(<score-part id="P1"><part-name>Flute</part-name>)" +
         listed + R"(</score-part></part-list><part id="P1">)" + measures +
         "</part></score-partwise>";
}

/// The usual head of a first measure: a division of a quarter, 4/4.
inline std::string attributes_xml(int divisions, const std::string& more = "") {
  return "<attributes><divisions>" + std::to_string(divisions) +
         "</divisions><time><beats>4</beats><beat-type>4</beat-type></time>" + more +
         "</attributes>";
}

/// A note such as C4; `more` stands after its duration.
inline std::string note_xml(char step, int octave, int duration, const std::string& more = "",
                            const std::string& before = "") {
  return "<note>" + before + "<pitch><step>" + step + "</step><octave>" + std::to_string(octave) +
         "</octave></pitch><duration>" + std::to_string(duration) + "</duration>" + more +
         "</note>";
}

inline std::string measure_xml(const std::string& content, const std::string& attributes = "") {
  return "<measure number=\"1\"" + attributes + ">" + content + "</measure>";
}

}  // namespace motet::test
