// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/json.h"
#include "motet/base/threads.h"
#include "motet/tokens/hf_added.h"
#include "motet/tokens/hf_decoder.h"
#include "motet/tokens/hf_normalizer.h"
#include "motet/tokens/hf_pre_tokenizer.h"
#include "motet/tokens/subword_model.h"

namespace motet::tokens {

/// A tokenizer.json of Hugging Face `tokenizers`: text to ids as that library has it, for one text
/// (not a pair). Its parts are named in hf_normalizer.h, hf_pre_tokenizer.h, hf_model.h and
/// hf_decoder.h; of post-processors it knows BertProcessing, ByteLevel, RobertaProcessing, Sequence
/// and TemplateProcessing. Anything else is refused by its name. Immutable: threads share it.
class HfTokenizer {
 public:
  /// Throws Error(kInvalidFile) when the text is no tokenizer.json, or one that needs what is not
  /// supported.
  explicit HfTokenizer(std::string_view json_text);
  explicit HfTokenizer(const Json& json);

  enum class Specials { kAdd, kLeaveOut };

  /// Normalizes, splits, encodes, adds the special tokens, cuts and pads.
  ///
  /// throws  Error(kInvalidArgument) when the text is not UTF-8, or has what no token stands for
  std::vector<TokenId> encode(std::string_view text, Specials specials = Specials::kAdd) const;

  /// The same for many texts, on all threads; each worker remembers the words it has seen.
  std::vector<std::vector<TokenId>> encode_all(std::span<const std::string> texts, ThreadPool& pool,
                                               Specials specials = Specials::kAdd) const;

  /// The text of ids. Special tokens are left out unless asked for, and ids that nothing has.
  std::string decode(std::span<const TokenId> ids, Specials specials = Specials::kLeaveOut) const;

  /// The text of one token; nothing for an id that none has. And back.
  std::optional<std::string> token_of(TokenId id) const;
  std::optional<TokenId> find(std::string_view token) const;

  const SubwordModel& model() const noexcept { return *model_; }
  const std::vector<HfAddedToken>& added_tokens() const noexcept { return added_->all(); }

  /// As it was read. The model is written anew, merges as pairs.
  Json json() const;

 private:
  class WordCache;
  struct Padding {
    size_t to = 0;  ///< ids at least
    size_t multiple_of = 0;
    TokenId id = 0;
    bool left = false;
  };
  struct Truncation {
    size_t to = 0;  ///< ids at most, the special ones counted
    bool left = false;
  };

  std::vector<TokenId> encode(std::string_view text, Specials specials, WordCache& cache) const;
  void read_post_processor(const HfPlace& place, int depth);
  void read_template(const HfPlace& place);
  void read_truncation(const HfPlace& place);
  void read_padding(const HfPlace& place);
  void pad(std::vector<TokenId>& ids) const;

  Json parts_;  ///< all of the file but the model
  HfNormalizer normalizer_;
  HfPreTokenizer pre_tokenizer_;
  HfDecoder decoder_;
  std::unique_ptr<const SubwordModel> model_;
  std::unique_ptr<const HfAddedTokens> added_;
  std::vector<TokenId> template_{kText};  ///< what is set around the text; kText stands for it
  std::optional<Truncation> truncation_;
  std::optional<Padding> padding_;

  static constexpr TokenId kText = -1;
};

}  // namespace motet::tokens
