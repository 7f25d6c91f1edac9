// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/base/progress.h"
#include "motet/generate/event_grammar.h"
#include "motet/generate/sampler.h"
#include "motet/models/checkpoint.h"

namespace motet::generate {

struct EventResult {
  std::vector<tokens::MidiEvent> events;  ///< written; times go on from plan.quarter
  bool stopped = false;                   ///< a stop was requested
  int64_t tokens = 0;                     ///< how many were drawn
};

/// Writes events with midi-model's two networks: the body reads events, the inner one gives the ids
/// of the next. What outgrows the body's positions goes on from its latest events, behind the last
/// program, tempo, metre and key of each place. Of a pitch that is struck while it sounds, the
/// earlier written note ends there. The same plan, settings and seed give the same events.
/// throws  Error(kInvalidArgument) as SamplingConfig::validate does, and when the positions have no
///         room for any context
EventResult write_events(const EventPlan& plan, const models::Checkpoint& model, nn::Backend& on,
                         const SamplingConfig& sampling, uint64_t seed, const Progress& progress);

}  // namespace motet::generate
