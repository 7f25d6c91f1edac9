// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/midi.h"

/// What was read and written once reads and writes for ever the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Reading reading = motet::read_midi({data, size});
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    const motet::Bytes once = motet::write_midi(reading.score);
    const motet::Reading again = motet::read_midi(once);
    motet::fuzz::require(motet::count_notes(again.score) == motet::count_notes(reading.score));
    motet::fuzz::require(motet::write_midi(again.score) == once);
  } catch (const motet::Error&) {
  }
  return 0;
}
