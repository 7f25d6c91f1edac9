// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "motet/tokens/hf_json.h"

namespace motet::tokens {

/// A part of a text, on its way to become words.
struct HfPart {
  std::u32string text;
  bool at_start = false;  ///< begins where the whole text begins
};

/// Splits every part further; none is left empty.
using HfPreTokenizer = std::function<void(std::vector<HfPart>& parts)>;

/// The pre-tokenizer of a tokenizer.json: BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits,
/// FixedLength, Metaspace, Punctuation, Sequence, Split, Whitespace, WhitespaceSplit. Throws
/// Error(kInvalidFile) for any other, by its name.
HfPreTokenizer read_hf_pre_tokenizer(const HfPlace& place, int depth = 0);

}  // namespace motet::tokens
