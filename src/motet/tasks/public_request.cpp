// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_request.h"

#include <algorithm>
#include <array>

#include "motet/base/error.h"
#include "motet/tasks/nearest.h"

namespace motet::tasks {
namespace {

using models::Family;

/// What any model can be asked for.
constexpr std::array kOfAll{"title", "seed", "temperature", "top_k", "top_p", "min_p"};

/// How a family draws where the request is silent: what its makers' own programs do.
struct DrawingDefaults {
  double temperature;
  int top_k;
  double top_p;
  int tokens;
};

constexpr double kUsualSeconds = 60;  // of a family that cannot end by itself

DrawingDefaults drawing_of(Family family) {
  switch (family) {
    case Family::kMidiLlm:
      return {1.0, 0, 0.98, 2'046};
    case Family::kMidiModel:
      return {1.0, 20, 0.98, 4'096};
    case Family::kNotaGen:
      return {1.2, 9, 0.9, 16'384};
    default:
      return {1.0, 0, 0.98, 4'096};
  }
}

bool is_listed(std::string_view field, const std::vector<std::string>& fields) {
  return std::ranges::find(fields, field) != fields.end();
}

/// The first field of a request that is neither one of these nor one of all models.
std::string first_beyond(const Request& request, const std::vector<std::string>& obeyed) {
  const Json json = to_json(request);
  std::string found;
  each_field(request, [&](const FieldInfo& info, const auto&) {
    const bool is_of_all = std::ranges::find(kOfAll, std::string_view(info.name)) != kOfAll.end();
    if (!found.empty() || !json.contains(info.name) || is_of_all) return;
    if (!is_listed(info.name, obeyed)) found = info.name;
  });
  return found;
}

}  // namespace

std::vector<std::string> obeyed_fields(const ModelKind& kind) {
  if (kind.has_midi_tok) return {"tokens"};
  switch (kind.family) {
    case Family::kAnticipation:
    case Family::kAria:
      return {"instruments", "seconds", "tokens"};
    case Family::kMidiLlm:
      return {"instruments", "prompt", "seconds", "tokens"};
    case Family::kMidiModel:
      return {"key", "metre", "tempo", "bars", "instruments", "seconds", "tokens"};
    case Family::kNotaGen:
      return {"bars", "prompt", "tokens"};
    case Family::kLlama:
    case Family::kGpt2:
      break;
  }
  return {"style", "key", "metre", "tempo", "bars", "instruments", "density", "mood"};
}

bool composes_as_bundle(const ModelKind& kind) {
  const bool is_shape = kind.family == Family::kLlama || kind.family == Family::kGpt2;
  return is_shape && !kind.has_midi_tok;
}

bool reads_text(const ModelKind& kind) { return is_listed("prompt", obeyed_fields(kind)); }

void require_obeyed(const ModelKind& kind, const Request& request) {
  const std::vector<std::string> obeyed = obeyed_fields(kind);
  const std::string field = first_beyond(request, obeyed);
  if (field.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              field + ": " + std::string(models::name_of(kind.family)) +
                  " cannot be asked for it; it can for " + joined_by_or(obeyed));
}

void require_own(const Request& request) {
  const std::string field = first_beyond(request, obeyed_fields(Family::kLlama));
  if (field.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              field +
                  ": a bundle of Motet cannot be asked for it; it counts in bars and reads no "
                  "text, so say --bars, or choose another --model");
}

Request resolve_for(const ModelKind& kind, const Request& request) {
  if (composes_as_bundle(kind)) return resolve(request);
  const DrawingDefaults usual = drawing_of(kind.family);
  Request full = request;
  if (!full.seed) full.seed = 0;
  if (!full.title) full.title = "Piece";
  if (!full.temperature) full.temperature = usual.temperature;
  if (!full.top_k) full.top_k = usual.top_k;
  if (!full.top_p) full.top_p = usual.top_p;
  if (!full.min_p) full.min_p = 0.0;
  if (!full.tokens) full.tokens = usual.tokens;
  if (!full.seconds && kind.family == Family::kAnticipation) full.seconds = kUsualSeconds;
  return full;
}

}  // namespace motet::tasks
