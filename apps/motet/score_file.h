// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "motet/base/error.h"
#include "motet/score/repeats.h"
#include "motet/score/score.h"

namespace motet::program {

/// What a file of notes held.
struct ScoreFile {
  Reading reading;
  std::string format;  ///< "MIDI", "ABC", ...
  size_t tunes = 1;    ///< of an ABC file; `reading` is the one asked for
  size_t refused = 0;  ///< tunes that could not be read
};

/// Reads a file of any format that Motet knows: as it sounds, repeats played, or as it is written.
///
/// tune    of an ABC file: its X: number, or 0 for the first
/// throws  Error with the path, the place in the file, what was expected and what was found
ScoreFile read_score_file(const std::filesystem::path& path, int tune,
                          Repeats repeats = Repeats::kPlayed);

/// Runs work(), which has to do with a file; an Error that does not name the file gets its name.
template <typename Work>
decltype(auto) about_file(const std::filesystem::path& path, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.starts_with(path.string())) throw;
    throw Error(error.code(), path.string() + ": " + what);
  }
}

}  // namespace motet::program
