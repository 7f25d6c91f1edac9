// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "motet/tokens/hf_json.h"

namespace motet::tokens {

/// Rewrites a text before it is split.
using HfNormalizer = std::function<void(std::u32string& text)>;

/// The normalizer of a tokenizer.json: NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt,
/// BertNormalizer, ByteLevel, Prepend, Replace, Precompiled, Sequence. Throws Error(kInvalidFile)
/// for any other, by its name.
HfNormalizer read_hf_normalizer(const HfPlace& place, int depth = 0);

}  // namespace motet::tokens
