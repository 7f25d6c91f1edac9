// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/score/score.h"

namespace motet {

struct VoiceOptions {
  int most = 8;  ///< voices a part may have, 1..255
};

/// The voice of every note of one line-up of notes, 0 the highest: [notes]. Voices do not cross.
/// Where as many notes sound as there are voices, they are the voices from the top; from there each
/// stretch is joined to what is known by the least leap. More notes than voices at once share one.
///
/// notes   sorted by onset
/// source  Chew and Wu, "Separating Voices in Polyphonic Music: A Contig Mapping Approach", CMMR
///         2004; the number of voices is the most that sound during a twentieth of the time, so
///         that a last chord of many notes does not make voices of its own
std::vector<int> separate_voices(const std::vector<Note>& notes, VoiceOptions options = {});

/// Sets Note::voice of every pitched part.
void separate_voices(Score& score, VoiceOptions options = {});

}  // namespace motet
