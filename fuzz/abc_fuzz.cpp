// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"

/// Every tune is a score that the writers can write, or is refused with a reason and its line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::AbcFile file = motet::read_abc(motet::fuzz::text_of(data, size));
    for (const motet::AbcRefusal& refusal : file.refused) {
      motet::fuzz::require(!refusal.reason.empty() && refusal.line > 0);
    }
    for (const motet::AbcTune& tune : file.tunes) {
      motet::fuzz::require(!motet::write_midi(tune.reading.score).empty());
      if (!tune.reading.score.parts.empty()) motet::write_musicxml(tune.reading.score);
    }
  } catch (const motet::Error&) {
  }
  return 0;
}
