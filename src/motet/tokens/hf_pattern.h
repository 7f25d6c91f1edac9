// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/tokens/hf_json.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {

/// The field "pattern" of a normalizer, pre-tokenizer or decoder: {"String": ...} or {"Regex":
/// ...}.
inline Pattern read_hf_pattern(const HfPlace& place) {
  const HfPlace pattern = place.at("pattern");
  if (pattern.has("String")) return Pattern::literal(pattern.text("String"));
  if (pattern.has("Regex")) return Pattern::regex(pattern.text("Regex"));
  pattern.refuse("expected \"String\" or \"Regex\"");
}

}  // namespace motet::tokens
