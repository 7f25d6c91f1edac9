// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/generate/sampler.h"
#include "motet/tasks/public_compose.h"

namespace motet::tasks {

/// compose_public for kMidiModel. What is asked for or given (players, tempo, metre, key) stays;
/// the rest the model chooses. Asked for bars, it stays in one metre.
Composition compose_events(const Request& request, const Score* piece, const PublicModel& model,
                           const generate::SamplingConfig& sampling, const Progress& progress);

}  // namespace motet::tasks
