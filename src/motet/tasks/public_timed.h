// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/generate/sampler.h"
#include "motet/tasks/public_compose.h"

namespace motet::tasks {

/// compose_public for the families that write in real time: kAnticipation, kMidiLlm, kAria. A piece
/// of their own stands at 120 quarters a minute.
Composition compose_timed(const Request& request, const Score* piece, const PublicModel& model,
                          const generate::SamplingConfig& sampling, const Progress& progress);

}  // namespace motet::tasks
