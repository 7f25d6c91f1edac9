// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "motet/tokens/track_score.h"

namespace motet::program {

/// What `motet tokenize --tokenizer` was asked for.
struct EventTokensRequest {
  std::vector<std::string> inputs;  ///< files; folders are searched for .mid and .midi
  std::string output;               ///< a file for one input, else a folder; empty: print
  std::string tokenizer;            ///< MidiTok's tokenizer.json
  bool names = false;               ///< "Pitch_60" lines, of base ids, rather than JSON of ids
  bool base = false;                ///< base ids, although the tokenizer has a learned model
  size_t threads = 0;               ///< 0: as many as the machine has
  int tune = 0;                     ///< of an ABC file
};

/// Writes the tokens of files as MidiTok's save_tokens does. Of several files, those that cannot be
/// read are named and counted; throws Error when that is all of them, or the only one.
void tokenize_events(const EventTokensRequest& request);

/// The notes of a file as MidiTok sees them; of an ABC file, those of a tune.
tokens::TrackScore read_tracks(const std::string& path, int tune);

/// The .mid and .midi files below a folder, sorted. Throws Error when there are none.
std::vector<std::string> midi_files_below(const std::string& folder);

/// Turns such JSON of ids back into a MIDI file; says how many notes it has.
void detokenize_events(const std::string& input, const std::string& tokenizer,
                       const std::string& output);

}  // namespace motet::program
