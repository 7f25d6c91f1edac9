// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/generate/sampler.h"
#include "motet/tasks/public_compose.h"

namespace motet::tasks {

/// compose_public for a LLaMA or GPT-2 whose vocabulary is MidiTok's REMI or TSD. A tokenizer of
/// one sequence a track goes on from pieces of one part alone.
Composition compose_tokens(const Request& request, const Score* piece, const PublicModel& model,
                           const generate::SamplingConfig& sampling, const Progress& progress);

}  // namespace motet::tasks
