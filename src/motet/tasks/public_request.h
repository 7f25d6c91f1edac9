// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/models/checkpoint_config.h"
#include "motet/tasks/request.h"

namespace motet::tasks {

/// A family; and of a LLaMA or GPT-2, whether its vocabulary is one of MidiTok's, not Motet's own.
struct ModelKind {
  ModelKind(models::Family of) : family(of) {}  // NOLINT: a family says all but for shapes
  ModelKind(models::Family of, bool is_midi_tok) : family(of), has_midi_tok(is_midi_tok) {}
  models::Family family;
  bool has_midi_tok = false;
};

/// What a public family may be asked for beside a title, the seed and how tokens are drawn: names
/// of fields, in the order of each_field.
std::vector<std::string> obeyed_fields(const ModelKind& kind);

/// Whether the family reads a text (Request::prompt): a description, or NotaGen's line of period,
/// composer and instrumentation.
bool reads_text(const ModelKind& kind);

/// Whether it is a mere shape, which composes as a bundle does where its vocabulary is Motet's.
bool composes_as_bundle(const ModelKind& kind);

/// Throws Error(kInvalidArgument) for the first field that the family cannot be asked for, with
/// those that it can.
void require_obeyed(const ModelKind& kind, const Request& request);

/// The same for a bundle of Motet, which counts in bars and reads no text.
void require_own(const Request& request);

/// Fills what composing with this family must know, the settings of drawing as its makers publish
/// them. resolve_for(f, resolve_for(f, x)) is resolve_for(f, x).
Request resolve_for(const ModelKind& kind, const Request& request);

}  // namespace motet::tasks
