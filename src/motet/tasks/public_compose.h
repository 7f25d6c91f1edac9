// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/tasks/compose.h"
#include "motet/tasks/public_model.h"

namespace motet::tasks {

/// A piece from a public checkpoint, or a given piece and more behind it. What is given stays as it
/// is, note for note. Whatever the weights, the result is a well-formed score with a note at least.
///
/// request  one that was resolved (see resolve_for)
/// piece    to go on from; null for a piece of its own
/// throws   Error(kInvalidArgument) as require_obeyed does, when the piece has no note, or when the
///          request needs more room than the model has
Composition compose_public(const Request& request, const Score* piece, const PublicModel& model,
                           const Progress& progress);

}  // namespace motet::tasks
