// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "motet/tokens/hf_model.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

constexpr size_t kMaxLength = size_t{1} << 40;
constexpr size_t kMaxPadding = size_t{1} << 20;
constexpr size_t kMaxTemplate = 4096;
constexpr size_t kMaxTokenId = (size_t{1} << 31) - 1;

bool is_left(const HfPlace& place) { return place.text("direction", "Right") == "Left"; }

/// ["[CLS]", 101]
TokenId id_of_pair(const HfPlace& place) {
  if (place.size() != 2) place.refuse("expected a token and its id");
  return static_cast<TokenId>(place.at(1).number(kMaxTokenId));
}

}  // namespace

/// What became of the words that were seen, up to a size. Belongs to one worker.
class HfTokenizer::WordCache {
 public:
  void encode(const SubwordModel& model, const std::u32string& word, std::vector<TokenId>& ids) {
    if (word.size() > kLongest) return model.encode(word, ids);
    const auto [found, fresh] = words_.try_emplace(word);
    if (fresh) {
      model.encode(word, found->second);
      if (words_.size() > kMost) {
        ids.insert(ids.end(), found->second.begin(), found->second.end());
        words_.clear();
        return;
      }
    }
    ids.insert(ids.end(), found->second.begin(), found->second.end());
  }

 private:
  static constexpr size_t kLongest = 64;
  static constexpr size_t kMost = 1 << 16;
  std::unordered_map<std::u32string, std::vector<TokenId>> words_;
};

HfTokenizer::HfTokenizer(std::string_view json_text)
    : HfTokenizer(parse_json(json_text, "tokenizer.json")) {}

HfTokenizer::HfTokenizer(const Json& json) {
  const HfPlace place(json, "the file");
  if (!json.is_object()) place.refuse("expected an object");
  model_ = read_hf_model(place.at("model"));
  if (place.has("normalizer")) normalizer_ = read_hf_normalizer(place.at("normalizer"));
  if (place.has("pre_tokenizer")) pre_tokenizer_ = read_hf_pre_tokenizer(place.at("pre_tokenizer"));
  if (place.has("decoder")) decoder_ = read_hf_decoder(place.at("decoder"));
  if (place.has("post_processor")) read_post_processor(place.at("post_processor"), 0);
  if (place.has("truncation")) read_truncation(place.at("truncation"));
  if (place.has("padding")) read_padding(place.at("padding"));
  const Json none = Json::array();
  const HfPlace added =
      place.has("added_tokens") ? place.at("added_tokens") : HfPlace(none, "added_tokens");
  added_ = std::make_unique<const HfAddedTokens>(added, *model_, normalizer_);
  for (const auto& [key, value] : json.items()) parts_[key] = key == "model" ? Json() : value;
}

Json HfTokenizer::json() const {
  Json json = parts_;
  json["model"] = write_hf_model(*model_);
  return json;
}

void HfTokenizer::read_post_processor(const HfPlace& place, int depth) {
  if (depth > kHfMaxDepth) place.refuse("a Sequence is nested too deep");
  const std::string type = place.type();
  if (type == "ByteLevel") return;  // it moves offsets only
  if (type == "TemplateProcessing") return read_template(place);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    template_ = {id_of_pair(place.at("cls")), kText, id_of_pair(place.at("sep"))};
    return;
  }
  if (type != "Sequence") place.refuse_kind(type);
  const HfPlace list = place.at("processors");
  for (size_t i = 0; i < list.size(); ++i) {
    const std::vector<TokenId> inner = std::exchange(template_, {kText});
    read_post_processor(list.at(i), depth + 1);
    // The later processor sets its tokens around what the earlier ones made.
    std::vector<TokenId> nested;
    for (const TokenId id : template_) {
      if (id == kText) {
        nested.insert(nested.end(), inner.begin(), inner.end());
      } else {
        nested.push_back(id);
      }
    }
    if (nested.size() > kMaxTemplate) place.refuse("the template is too long");
    template_ = std::move(nested);
  }
}

void HfTokenizer::read_template(const HfPlace& place) {
  const HfPlace single = place.at("single");
  template_.clear();
  for (size_t i = 0; i < single.size(); ++i) {
    const HfPlace piece = single.at(i);
    if (piece.has("Sequence")) {
      if (piece.at("Sequence").text("id") == "A") template_.push_back(kText);
      continue;
    }
    const std::string name = piece.at("SpecialToken").text("id");
    const HfPlace ids = place.at("special_tokens").at(name.c_str()).at("ids");
    for (size_t k = 0; k < ids.size(); ++k) {
      template_.push_back(static_cast<TokenId>(ids.at(k).number(kMaxTokenId)));
    }
  }
}

void HfTokenizer::read_truncation(const HfPlace& place) {
  truncation_ = Truncation{place.at("max_length").number(kMaxLength), is_left(place)};
}

void HfTokenizer::read_padding(const HfPlace& place) {
  Padding padding;
  const HfPlace strategy = place.at("strategy");
  if (strategy.has("Fixed")) padding.to = strategy.at("Fixed").number(kMaxPadding);
  if (place.has("pad_to_multiple_of")) {
    padding.multiple_of = place.at("pad_to_multiple_of").number(kMaxPadding);
  }
  if (place.has("pad_id")) {
    padding.id = static_cast<TokenId>(place.at("pad_id").number(kMaxTokenId));
  }
  padding.left = is_left(place);
  padding_ = padding;
}

void HfTokenizer::pad(std::vector<TokenId>& ids) const {
  size_t to = std::max(padding_->to, ids.size());
  if (padding_->multiple_of > 0) {
    to = (to + padding_->multiple_of - 1) / padding_->multiple_of * padding_->multiple_of;
  }
  ids.insert(padding_->left ? ids.begin() : ids.end(), to - ids.size(), padding_->id);
}

std::vector<TokenId> HfTokenizer::encode(std::string_view text, Specials specials,
                                         WordCache& cache) const {
  std::vector<TokenId> ids;
  std::vector<HfPart> parts;
  for (HfSegment& segment : added_->split(from_utf8(text), normalizer_)) {
    if (segment.token >= 0) {
      ids.push_back(segment.token);
      continue;
    }
    parts.assign(1, std::move(segment.part));
    if (pre_tokenizer_) pre_tokenizer_(parts);
    for (const HfPart& part : parts) cache.encode(*model_, part.text, ids);
  }
  static const std::vector<TokenId> kBare{kText};
  const std::vector<TokenId>& around = specials == Specials::kAdd ? template_ : kBare;
  if (truncation_) {
    const size_t own = static_cast<size_t>(
        std::count_if(around.begin(), around.end(), [](TokenId id) { return id != kText; }));
    const size_t room = truncation_->to - std::min(truncation_->to, own);
    if (ids.size() > room && truncation_->left) ids.erase(ids.begin(), ids.end() - room);
    ids.resize(std::min(ids.size(), room));
  }
  std::vector<TokenId> whole;
  for (const TokenId id : around) {
    if (id == kText) {
      whole.insert(whole.end(), ids.begin(), ids.end());
    } else {
      whole.push_back(id);
    }
  }
  if (padding_) pad(whole);
  return whole;
}

std::vector<TokenId> HfTokenizer::encode(std::string_view text, Specials specials) const {
  WordCache cache;
  return encode(text, specials, cache);
}

std::vector<std::vector<TokenId>> HfTokenizer::encode_all(std::span<const std::string> texts,
                                                          ThreadPool& pool,
                                                          Specials specials) const {
  std::vector<std::vector<TokenId>> all(texts.size());
  pool.run(texts.size(), [&](size_t begin, size_t end) {
    WordCache cache;
    for (size_t i = begin; i < end; ++i) all[i] = encode(texts[i], specials, cache);
  });
  return all;
}

std::optional<std::string> HfTokenizer::token_of(TokenId id) const {
  if (const HfAddedToken* added = added_->find(id)) return added->shown;
  if (id < 0 || static_cast<size_t>(id) >= model_->pieces().size()) return std::nullopt;
  const Symbols& text = model_->pieces().text(id);
  if (text.empty()) return std::nullopt;
  return to_utf8(text);
}

std::optional<TokenId> HfTokenizer::find(std::string_view token) const {
  for (const HfAddedToken& added : added_->all()) {
    if (added.content == token) return added.id;
  }
  return model_->pieces().find(from_utf8(token));
}

std::string HfTokenizer::decode(std::span<const TokenId> ids, Specials specials) const {
  std::vector<std::string> tokens;
  for (const TokenId id : ids) {
    const HfAddedToken* added = added_->find(id);
    if (added != nullptr && added->special && specials == Specials::kLeaveOut) continue;
    if (std::optional<std::string> token = token_of(id)) tokens.push_back(std::move(*token));
  }
  std::string text;
  if (decoder_) decoder_(tokens);
  for (const std::string& token : tokens) {
    if (!decoder_ && !text.empty()) text += ' ';
    text += token;
  }
  return text;
}

}  // namespace motet::tokens
