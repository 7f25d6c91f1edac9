// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace motet::program {

/// What `motet tokenize --tokenizer` was asked for.
struct EventTokensRequest {
  std::vector<std::string> inputs;  ///< files; folders are searched for .mid and .midi
  std::string output;               ///< a file for one input, else a folder; empty: print
  std::string tokenizer;            ///< MidiTok's tokenizer.json
  bool names = false;               ///< "Pitch_60" lines rather than JSON of ids
  size_t threads = 0;               ///< 0: as many as the machine has
  int tune = 0;                     ///< of an ABC file
};

/// Writes the tokens of files as MidiTok's save_tokens does. Of several files, those that cannot be
/// read are named and counted; throws Error when that is all of them, or the only one.
void tokenize_events(const EventTokensRequest& request);

/// Turns such JSON of ids back into a MIDI file; says how many notes it has.
void detokenize_events(const std::string& input, const std::string& tokenizer,
                       const std::string& output);

}  // namespace motet::program
