// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/instruments.h"
#include "motet/tasks/sentence.h"

namespace motet::tasks {

/// Who is to play, as far as a sentence says it.
struct PartsInWords {
  std::vector<Instrument> wanted;    ///< one a part, in the order of the words
  std::vector<Instrument> unwanted;  ///< "without drums"
  std::string wanted_words;
  std::string unwanted_words;
  std::string style;  ///< what an ensemble suggests; may be empty
  std::string style_words;
};

/// Finds instruments, how many of each, and ensembles, and claims their words.
PartsInWords take_parts(Sentence& sentence);

}  // namespace motet::tasks
