// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/generate/sampler.h"
#include "motet/tasks/public_compose.h"

namespace motet::tasks {

/// compose_public for kNotaGen. The prompt is "period/composer/instrumentation", or a part of it.
/// In a bar that is shorter in one voice than in another, a rest fills it up; repeats are played.
Composition compose_abc(const Request& request, const Score* piece, const PublicModel& model,
                        const generate::SamplingConfig& sampling, const Progress& progress);

}  // namespace motet::tasks
