// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "motet/audio/waveform.h"
#include "motet/base/file.h"

namespace motet::audio {

/// The sound as a WAV file of 16-bit integers. Samples are multiplied by 32768, rounded to the
/// nearest integer and clipped; no dither is added, so the same sound gives the same bytes, and
/// what was read from a 16-bit file is written back unchanged.
///
/// throws  Error(kInvalidArgument) when the rate or the channels cannot be written
Bytes encode_wav(const Waveform& sound);

/// Writes encode_wav(sound) to a file. Throws as write_file does.
void write_wav(const std::filesystem::path& path, const Waveform& sound);

/// Any sound that libsndfile knows (WAV, AIFF, FLAC, Ogg Vorbis, ...), as floats.
///
/// name    how messages call the bytes, usually the path
/// throws  Error(kInvalidFile) "<name>: expected a sound file, found ..."
Waveform decode_sound(ByteView bytes, const std::string& name);

/// decode_sound of a whole file. Throws as read_file does, too.
Waveform read_wav(const std::filesystem::path& path);

}  // namespace motet::audio
