// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/json.h"
#include "motet/base/progress.h"
#include "motet/base/threads.h"
#include "motet/tokens/subword_model.h"

namespace motet::tokens {

/// A base token i is the symbol kFirstBaseSymbol + i, as in MidiTok: 33 is '!', the first printable
/// character. So a file of ours is a file of MidiTok's and of `tokenizers`.
inline constexpr char32_t kFirstBaseSymbol = 33;
inline constexpr TokenId kMaxBaseTokens = 55000;  ///< below the surrogates

/// Where a sequence of base tokens is cut into words, which no piece crosses.
enum class SubwordSplit { kNo, kBar, kBeat };

/// "no", "bar" or "beat". Throws Error(kInvalidArgument) for any other.
SubwordSplit subword_split_of(std::string_view name);

/// The places at which words begin in a sequence of Motet's own tokens, 0 left out: at a Bar token
/// and, by beat, also at the first Position of each quarter of a cell. Ascending.
std::vector<size_t> word_starts(std::span<const TokenId> ids, SubwordSplit split);

/// BPE, Unigram or WordPiece over the ids of any tokeniser. The law, for any base ids x that the
/// model was trained for (and any places to cut): decode(encode(x)) == x.
class Subword {
 public:
  /// Reads a file that write() or MidiTok made (MidiTok's field "_model").
  ///
  /// throws  Error(kInvalidFile) when it is no tokenizer.json, or its pieces stand for no base ids
  explicit Subword(std::string_view json_text);
  explicit Subword(const Json& json);

  /// starts  the places, ascending, at which words begin; 0 need not be among them
  /// throws  Error(kInvalidArgument) for a base id that the model does not know, naming it
  std::vector<TokenId> encode(std::span<const TokenId> base,
                              std::span<const size_t> starts = {}) const;
  /// throws  Error(kInvalidArgument) for an id outside the vocabulary, naming it
  std::vector<TokenId> decode(std::span<const TokenId> ids) const;

  const SubwordModel& model() const noexcept { return *model_; }
  TokenId size() const noexcept { return static_cast<TokenId>(model_->pieces().size()); }
  /// The base ids of one id; none for a piece that stands for nothing.
  std::span<const TokenId> base_of(TokenId id) const;

  std::string to_text() const;  ///< the text of the file

 private:
  void encode_word(std::span<const TokenId> base, std::vector<TokenId>& ids) const;
  void add_run(std::span<const TokenId> run, std::vector<TokenId>& ids) const;
  void expand_pieces();

  Json parts_;
  std::shared_ptr<const SubwordModel> model_;
  bool marks_words_ = false;  ///< MidiTok's Metaspace: a mark begins every word
  std::vector<TokenId> own_;  ///< of a base id that is never merged; -1 for all others
  std::vector<std::vector<TokenId>> base_;  ///< of each id
  std::vector<bool> known_;                 ///< the base ids that have a piece of their own
};

enum class SubwordType { kBpe, kUnigram, kWordPiece };
/// "bpe", "unigram" or "wordpiece". Throws Error(kInvalidArgument) for any other.
SubwordType subword_type_of(std::string_view name);

/// Gathers words and learns a Subword. Base tokens have the first ids, in their order.
class SubwordTrainer {
 public:
  /// base_tokens in 1 .. kMaxBaseTokens, else throws Error(kInvalidArgument)
  explicit SubwordTrainer(TokenId base_tokens);

  /// throws  Error(kInvalidArgument) for a base id outside 0 .. base_tokens - 1
  void add(std::span<const TokenId> base, std::span<const size_t> starts = {});

  size_t words() const noexcept { return counter_.size(); }  ///< distinct ones

  /// vocabulary_size  above base_tokens, else throws Error(kInvalidArgument)
  Subword train(SubwordType type, size_t vocabulary_size, ThreadPool& pool,
                const Progress& progress = {}) const;

 private:
  TokenId base_tokens_;
  WordCounter counter_;
};

}  // namespace motet::tokens
