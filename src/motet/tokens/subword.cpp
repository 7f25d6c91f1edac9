// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/subword.h"

#include <algorithm>
#include <limits>

#include "motet/base/error.h"
#include "motet/tokens/bpe.h"
#include "motet/tokens/hf_json.h"
#include "motet/tokens/hf_model.h"
#include "motet/tokens/unicode.h"
#include "motet/tokens/unigram.h"
#include "motet/tokens/wordpiece.h"

namespace motet::tokens {
namespace {

constexpr char32_t kWordMark = 0x2581;  ///< of Metaspace
constexpr size_t kAnyLength = size_t{1} << 31;

char32_t symbol_of(TokenId base) { return kFirstBaseSymbol + static_cast<char32_t>(base); }

/// Calls word(part) for each word of a sequence.
template <typename Word>
void for_each_word(std::span<const TokenId> base, std::span<const size_t> starts,
                   const Word& word) {
  size_t begin = 0;
  for (const size_t start : starts) {
    if (start <= begin || start >= base.size()) continue;
    word(base.subspan(begin, start - begin));
    begin = start;
  }
  if (begin < base.size()) word(base.subspan(begin));
}

[[noreturn]] void refuse_base(TokenId id, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument, "subword: base token " + std::to_string(id) + " " + why);
}

}  // namespace

SubwordSplit subword_split_of(std::string_view name) {
  if (name == "no") return SubwordSplit::kNo;
  if (name == "bar") return SubwordSplit::kBar;
  if (name == "beat") return SubwordSplit::kBeat;
  throw Error(ErrorCode::kInvalidArgument,
              "unknown split \"" + std::string(name) + "\"; expected no, bar or beat");
}

SubwordType subword_type_of(std::string_view name) {
  if (name == "bpe") return SubwordType::kBpe;
  if (name == "unigram") return SubwordType::kUnigram;
  if (name == "wordpiece") return SubwordType::kWordPiece;
  throw Error(ErrorCode::kInvalidArgument, "unknown subword model \"" + std::string(name) +
                                               "\"; expected bpe, unigram or wordpiece");
}

std::vector<size_t> word_starts(std::span<const TokenId> ids, SubwordSplit split) {
  std::vector<size_t> starts;
  if (split == SubwordSplit::kNo) return starts;
  int quarter = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Meaning token = meaning(ids[i]);
    if (token.kind == Kind::kBar) starts.push_back(i);
    if (token.kind == Kind::kBar || token.kind == Kind::kPart) quarter = 0;
    if (token.kind != Kind::kPosition) continue;
    if (split == SubwordSplit::kBeat && token.value / kStepsPerQuarter > quarter) {
      starts.push_back(i);
    }
    quarter = token.value / kStepsPerQuarter;
  }
  return starts;
}

Subword::Subword(std::string_view json_text) : Subword(parse_json(json_text, "tokenizer.json")) {}

Subword::Subword(const Json& json) {
  const HfPlace place(json, "the file");
  if (!json.is_object()) place.refuse("expected an object");
  model_ = read_hf_model(place.at("model"));
  if (place.has("normalizer")) place.at("normalizer").refuse("base tokens are never normalized");
  if (place.has("pre_tokenizer")) {
    const HfPlace splitter = place.at("pre_tokenizer");
    if (splitter.type() != "Metaspace") splitter.refuse_kind(splitter.type());
    marks_words_ = splitter.text("prepend_scheme", "always") != "never";
  }
  if (place.has("added_tokens")) {
    const HfPlace added = place.at("added_tokens");
    for (size_t i = 0; i < added.size(); ++i) {
      const Symbols content = from_utf8(added.at(i).text("content"));
      // MidiTok's Unigram models have specials of three symbols, which stand nowhere in music.
      if (content.size() != 1 || content[0] < kFirstBaseSymbol) continue;
      const size_t base = content[0] - kFirstBaseSymbol;
      if (own_.size() <= base) own_.resize(base + 1, -1);
      own_[base] = model_->pieces().find(content).value_or(-1);
    }
  }
  for (const auto& [key, value] : json.items()) parts_[key] = key == "model" ? Json() : value;
  expand_pieces();
}

void Subword::expand_pieces() {
  Symbols prefix;
  if (const auto* bpe = dynamic_cast<const BpeModel*>(model_.get())) {
    prefix = bpe->options().continuing_prefix;
    if (!bpe->options().end_suffix.empty()) {
      throw Error(ErrorCode::kInvalidFile,
                  "subword: end_of_word_suffix is not supported over base tokens");
    }
  } else if (const auto* pieces = dynamic_cast<const WordPieceModel*>(model_.get())) {
    prefix = pieces->options().continuing_prefix;
  }
  for (const Symbols& piece : model_->pieces().all()) {
    SymbolView text = piece;
    if (!prefix.empty() && text.size() > prefix.size() && text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
    }
    if (marks_words_ && text.starts_with(kWordMark)) text.remove_prefix(1);
    std::vector<TokenId> base;
    for (const char32_t symbol : text) {
      if (symbol < kFirstBaseSymbol) {
        throw Error(ErrorCode::kInvalidFile,
                    "subword: piece \"" + to_utf8(piece) + "\" stands for no base tokens");
      }
      base.push_back(static_cast<TokenId>(symbol - kFirstBaseSymbol));
    }
    if (base.size() == 1) {
      const auto index = static_cast<size_t>(base[0]);
      if (known_.size() <= index) known_.resize(index + 1, false);
      known_[index] = true;
    }
    base_.push_back(std::move(base));
  }
}

void Subword::add_run(std::span<const TokenId> run, std::vector<TokenId>& ids) const {
  if (run.empty()) return;
  Symbols word;
  word.reserve(run.size() + 1);
  if (marks_words_ && symbol_of(run[0]) != kWordMark) word += kWordMark;
  for (const TokenId base : run) word += symbol_of(base);
  model_->encode(word, ids);
}

void Subword::encode_word(std::span<const TokenId> base, std::vector<TokenId>& ids) const {
  size_t begin = 0;
  for (size_t i = 0; i < base.size(); ++i) {
    const auto index = static_cast<size_t>(base[i]);
    if (index >= own_.size() || own_[index] < 0) continue;
    add_run(base.subspan(begin, i - begin), ids);
    ids.push_back(own_[index]);
    begin = i + 1;
  }
  add_run(base.subspan(begin), ids);
}

std::vector<TokenId> Subword::encode(std::span<const TokenId> base,
                                     std::span<const size_t> starts) const {
  for (const TokenId id : base) {
    const auto index = static_cast<size_t>(id);
    if (id < 0 || index >= known_.size() || !known_[index])
      refuse_base(id, "is not in the vocabulary of this model");
  }
  std::vector<TokenId> ids;
  for_each_word(base, starts, [&](std::span<const TokenId> word) { encode_word(word, ids); });
  return ids;
}

std::span<const TokenId> Subword::base_of(TokenId id) const {
  if (id >= 0 && id < size()) return base_[static_cast<size_t>(id)];
  throw Error(ErrorCode::kInvalidArgument, "subword: expected an id from 0 to " +
                                               std::to_string(size() - 1) + ", found " +
                                               std::to_string(id));
}

std::vector<TokenId> Subword::decode(std::span<const TokenId> ids) const {
  std::vector<TokenId> base;
  for (const TokenId id : ids) {
    const std::span<const TokenId> own = base_of(id);
    base.insert(base.end(), own.begin(), own.end());
  }
  return base;
}

std::string Subword::to_text() const {
  Json json = parts_;
  json["model"] = write_hf_model(*model_);
  return motet::to_text(json);
}

SubwordTrainer::SubwordTrainer(TokenId base_tokens) : base_tokens_(base_tokens) {
  if (base_tokens >= 1 && base_tokens <= kMaxBaseTokens) return;
  throw Error(ErrorCode::kInvalidArgument,
              "subword: expected 1 to " + std::to_string(kMaxBaseTokens) + " base tokens, found " +
                  std::to_string(base_tokens));
}

void SubwordTrainer::add(std::span<const TokenId> base, std::span<const size_t> starts) {
  for (const TokenId id : base) {
    if (id < 0 || id >= base_tokens_) {
      refuse_base(id, "is not below " + std::to_string(base_tokens_));
    }
  }
  Symbols symbols;
  for_each_word(base, starts, [&](std::span<const TokenId> word) {
    symbols.clear();
    for (const TokenId id : word) symbols += symbol_of(id);
    counter_.add(symbols);
  });
}

Subword SubwordTrainer::train(SubwordType type, size_t vocabulary_size, ThreadPool& pool,
                              const Progress& progress) const {
  if (vocabulary_size <= static_cast<size_t>(base_tokens_)) {
    throw Error(ErrorCode::kInvalidArgument,
                "subword: expected a vocabulary of more than the " + std::to_string(base_tokens_) +
                    " base tokens, found " + std::to_string(vocabulary_size));
  }
  Symbols alphabet;
  for (TokenId id = 0; id < base_tokens_; ++id) alphabet += symbol_of(id);
  const std::vector<CountedWord> words = counter_.counted();
  Json json = {{"version", "1.0"},          {"truncation", nullptr},
               {"padding", nullptr},        {"added_tokens", Json::array()},
               {"normalizer", nullptr},     {"pre_tokenizer", nullptr},
               {"post_processor", nullptr}, {"decoder", nullptr}};
  if (type == SubwordType::kUnigram) {
    UnigramTraining training;
    training.vocabulary_size = vocabulary_size;
    training.initial_alphabet = alphabet;
    std::vector<UnigramPiece> pieces = train_unigram(words, training, pool, progress);
    // Base tokens keep their ids: to the model, the order of its pieces means nothing.
    std::stable_sort(pieces.begin(), pieces.end(), [](const auto& a, const auto& b) {
      if (a.text.size() > 1 || b.text.size() > 1) return a.text.size() == 1 && b.text.size() > 1;
      return a.text < b.text;
    });
    json["model"] = write_hf_model(UnigramModel(std::move(pieces), {}));
    return Subword(json);
  }
  BpeTraining training;
  training.vocabulary_size = vocabulary_size;
  training.initial_alphabet = alphabet;
  BpeTrained trained = train_bpe(words, training);
  if (type == SubwordType::kBpe) {
    json["model"] = write_hf_model(BpeModel(Pieces(trained.pieces), trained.merges));
  } else {
    json["model"] = write_hf_model(WordPieceModel(
        Pieces(trained.pieces),
        {.unknown = std::nullopt, .continuing_prefix = U"", .max_word = kAnyLength}));
  }
  return Subword(json);
}

}  // namespace motet::tokens
