// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_compose.h"

#include "motet/base/error.h"
#include "motet/score/engrave.h"
#include "motet/tasks/public_abc.h"
#include "motet/tasks/public_events.h"
#include "motet/tasks/public_request.h"
#include "motet/tasks/public_timed.h"
#include "motet/tasks/public_tokens.h"

namespace motet::tasks {
namespace {

using models::Family;

generate::SamplingConfig sampling_of(const Request& request) {
  return {.temperature = static_cast<float>(*request.temperature),
          .top_k = *request.top_k,
          .top_p = static_cast<float>(*request.top_p),
          .min_p = static_cast<float>(*request.min_p)};
}

/// A network of another shape with Motet's own vocabulary.
Composition compose_as_bundle(const Request& request, const Score* piece, const PublicModel& model,
                              const Progress& progress) {
  const auto reader = generate::make_reader(*model.checkpoint().body, model.backend());
  return piece == nullptr ? compose(request, *reader, progress)
                          : continue_piece(*piece, request, *reader, progress);
}

}  // namespace

Composition compose_public(const Request& request, const Score* piece, const PublicModel& model,
                           const Progress& progress) {
  require_obeyed(model.kind(), request);
  if (piece != nullptr && count_notes(*piece) == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a piece with notes to go on from, found none");
  }
  const generate::SamplingConfig sampling = sampling_of(request);
  Composition result;
  switch (model.family()) {
    case Family::kAnticipation:
    case Family::kMidiLlm:
    case Family::kAria:
      result = compose_timed(request, piece, model, sampling, progress);
      break;
    case Family::kMidiModel:
      result = compose_events(request, piece, model, sampling, progress);
      break;
    case Family::kNotaGen:
      result = compose_abc(request, piece, model, sampling, progress);
      break;
    case Family::kLlama:
    case Family::kGpt2:
      if (model.events() == nullptr) return compose_as_bundle(request, piece, model, progress);
      result = compose_tokens(request, piece, model, sampling, progress);
      break;
  }
  if (piece != nullptr) forget_pages(result.score);
  if (piece == nullptr || piece->title.empty()) result.score.title = *request.title;
  return result;
}

}  // namespace motet::tasks
