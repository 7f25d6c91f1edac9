// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace motet::synth {

/// Where the instruments' sounds are: `chosen` if it is not empty, else the environment variable
/// MOTET_SOUNDFONT, else the first soundfont that a Debian package has installed, MuseScore General
/// (MIT licence) before all others.
///
/// throws  Error(kNotFound) when `chosen` or the variable names no file;
///         Error(kUnavailable) with the way to get one when there is none on this machine
std::filesystem::path find_soundfont(const std::filesystem::path& chosen);

}  // namespace motet::synth
