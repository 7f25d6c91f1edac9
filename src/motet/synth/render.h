// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "motet/audio/waveform.h"
#include "motet/base/progress.h"
#include "motet/score/score.h"

namespace motet::synth {

/// Plays a score into memory with FluidSynth, faster than it sounds.
///
/// score      any score; each part has a channel of its own, so nobody steals another's programme
/// soundfont  an .sf2 or .sf3 file, see find_soundfont
/// progress   is told the seconds rendered; a wish to stop ends the sound there
/// returns    44.1 kHz stereo; events fall on the synthesiser's grid of 64 samples (1.5 ms). After
///            the last note it rings until it is silent, at most 3 s. Turned down, if need be, so
///            that the peak is at -1 dBFS or below. The same score gives the same samples.
/// throws     Error(kInvalidFile) when the soundfont cannot be loaded;
///            Error(kInvalidArgument) when the score lasts over an hour
audio::Waveform render(const Score& score, const std::filesystem::path& soundfont,
                       const Progress& progress);

}  // namespace motet::synth
