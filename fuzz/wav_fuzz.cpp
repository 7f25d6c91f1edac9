// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/audio/files.h"
#include "motet/base/error.h"

/// A sound that is read can be written and read again, as long as it was.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::audio::Waveform sound = motet::audio::decode_sound({data, size}, "fuzz");
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    const motet::Bytes bytes = motet::audio::encode_wav(sound);
    const motet::audio::Waveform again = motet::audio::decode_sound(bytes, "again");
    motet::fuzz::require(again.samples.size() == sound.samples.size());
  } catch (const motet::Error&) {
  }
  return 0;
}
