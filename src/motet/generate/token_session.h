// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/base/progress.h"
#include "motet/generate/id_reader.h"
#include "motet/generate/sampler.h"
#include "motet/tokens/event_tokenizer.h"

namespace motet::generate {

/// Whether the tokens are ones that write_tokens knows a grammar for: MidiTok's REMI and TSD
/// without a learned model.
bool can_write(const tokens::EventTokenizer& tokenizer);

struct TokenPlan {
  const tokens::EventTokenizer* tokenizer = nullptr;  ///< can_write(*tokenizer)
  std::vector<int32_t> given = {};                    ///< one sequence; written notes come later
  int64_t most_tokens = 0;  ///< drawn, at most; at least one note is written all the same
};

struct TokenResult {
  std::vector<int32_t> ids;  ///< written
  bool stopped = false;      ///< a stop was requested
  int64_t tokens = 0;        ///< how many were drawn
};

/// Writes notes as REMI (bar, position, note) or TSD (time shift, note). A note is all that the
/// vocabulary says of it: program, pitch, velocity, duration, in this order; positions rise within
/// a bar, and no more programs sound than MIDI has channels for. Tempos, metres, chords and pedals
/// are not written. What outgrows the network goes on from its latest notes. The same plan,
/// settings and seed give the same ids. throws  Error(kInvalidArgument) as SamplingConfig::validate
/// does, and for too few positions
TokenResult write_tokens(const TokenPlan& plan, IdReader& reader, const SamplingConfig& sampling,
                         uint64_t seed, const Progress& progress);

}  // namespace motet::generate
