// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "motet/tokens/hf_json.h"
#include "motet/tokens/subword_model.h"

namespace motet::tokens {

/// The field "model" of a tokenizer.json: BPE, Unigram, WordPiece or WordLevel. Throws
/// Error(kInvalidFile) naming the field; dropout, which is random, is refused.
std::unique_ptr<const SubwordModel> read_hf_model(const HfPlace& place);

/// The same field for a model; what read_hf_model makes of it is an equal model.
Json write_hf_model(const SubwordModel& model);

}  // namespace motet::tokens
