// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "motet/tokens/hf_json.h"

namespace motet::tokens {

/// Turns the texts of tokens into parts of a text, to be set end to end.
using HfDecoder = std::function<void(std::vector<std::string>& tokens)>;

/// The decoder of a tokenizer.json: BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace,
/// Sequence, Strip, WordPiece. Throws Error(kInvalidFile) for any other, by its name.
HfDecoder read_hf_decoder(const HfPlace& place, int depth = 0);

}  // namespace motet::tokens
