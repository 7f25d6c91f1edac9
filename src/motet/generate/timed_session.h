// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/base/progress.h"
#include "motet/generate/id_reader.h"
#include "motet/generate/sampler.h"
#include "motet/generate/timed_grammar.h"

namespace motet::generate {

/// What is to be written in real time. Times are steps of 10 ms.
struct TimedPlan {
  std::vector<tokens::TimedNote> given = {};  ///< by onset; they stay as they are
  std::vector<int> instruments = {};  ///< that may play; empty: any, as many as MIDI has channels
  int64_t begin = 0;                  ///< no written note begins before it
  int64_t end = 0;                    ///< nor here or later; above begin
  int64_t most_tokens = 0;            ///< drawn, at most; at least one note is written all the same
};

struct TimedResult {
  std::vector<tokens::TimedNote> notes;  ///< written, by onset
  bool stopped = false;                  ///< a stop was requested
  int64_t tokens = 0;                    ///< how many were drawn
};

/// Writes notes, id by id. What outgrows the network's positions, or the times that the vocabulary
/// can say, goes on from its latest notes. Of a pitch that is struck while it sounds, the earlier
/// note ends there. The same plan, settings and seed give the same notes.
/// throws  Error(kInvalidArgument) as SamplingConfig::validate does, and when the grammar's lead
///         leaves no room for notes
TimedResult write_notes(const TimedPlan& plan, TimedGrammar& grammar, IdReader& reader,
                        const SamplingConfig& sampling, uint64_t seed, const Progress& progress);

}  // namespace motet::generate
