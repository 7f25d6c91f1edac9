// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_model.h"

#include <algorithm>

#include "motet/tokens/bpe.h"
#include "motet/tokens/unicode.h"
#include "motet/tokens/unigram.h"
#include "motet/tokens/wordpiece.h"

namespace motet::tokens {
namespace {

constexpr size_t kSpareIds = 65536;  ///< ids that no piece has, beyond three for each that one has
constexpr size_t kMaxWord = size_t{1} << 40;

Pieces read_vocabulary(const HfPlace& place) {
  const Json& json = place.json();
  if (!json.is_object()) place.refuse("expected an object from pieces to ids");
  const size_t limit = 4 * json.size() + kSpareIds;
  std::vector<Symbols> pieces;
  for (const auto& [text, id] : json.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= limit) {
      place.refuse("\"" + text + "\": expected an id from 0 to " + std::to_string(limit - 1));
    }
    const auto index = id.get<size_t>();
    if (pieces.size() <= index) pieces.resize(index + 1);
    if (!pieces[index].empty()) place.refuse("id " + std::to_string(index) + " stands twice");
    pieces[index] = from_utf8(text);
  }
  return Pieces(std::move(pieces));
}

Json write_vocabulary(const Pieces& pieces) {
  Json json = Json::object();
  for (size_t id = 0; id < pieces.size(); ++id) {
    const Symbols& text = pieces.text(static_cast<TokenId>(id));
    if (!text.empty()) json.push_back({to_utf8(text), id});
  }
  return json;
}

std::optional<TokenId> read_unknown(const HfPlace& place, const Pieces& pieces) {
  if (!place.has("unk_token")) return std::nullopt;
  return pieces.find(from_utf8(place.text("unk_token")));
}

Json piece_or_null(const Pieces& pieces, std::optional<TokenId> id) {
  return id ? Json(to_utf8(pieces.text(*id))) : Json();
}

/// `tokenizers` wants a name here; that of no piece is empty.
std::string name_of_unknown(const Pieces& pieces, std::optional<TokenId> id) {
  return id ? to_utf8(pieces.text(*id)) : std::string();
}

Json text_or_null(const Symbols& text) { return text.empty() ? Json() : Json(to_utf8(text)); }

/// A merge is "left right", or ["left", "right"] where a piece may have a blank.
std::pair<std::string, std::string> read_merge(const HfPlace& place) {
  if (place.json().is_array()) {
    if (place.size() != 2) place.refuse("expected two pieces");
    return {place.at(size_t{0}).text(), place.at(size_t{1}).text()};
  }
  const std::string text = place.text();
  const size_t blank = text.find(' ');
  if (blank == text.npos || text.find(' ', blank + 1) != text.npos) {
    place.refuse("expected two pieces with one blank between, found \"" + text + "\"");
  }
  return {text.substr(0, blank), text.substr(blank + 1)};
}

std::vector<BpeMerge> read_merges(const HfPlace& place, const Pieces& pieces) {
  std::vector<BpeMerge> merges;
  merges.reserve(place.size());
  for (size_t i = 0; i < place.size(); ++i) {
    const auto [left, right] = read_merge(place.at(i));
    const auto left_id = pieces.find(from_utf8(left));
    const auto right_id = pieces.find(from_utf8(right));
    if (!left_id || !right_id) {
      place.at(i).refuse("\"" + (left_id ? right : left) + "\" is not in the vocabulary");
    }
    merges.push_back({*left_id, *right_id});
  }
  return merges;
}

std::unique_ptr<const SubwordModel> bpe_model(const HfPlace& place) {
  if (place.has("dropout") && place.at("dropout").real() != 0) {
    place.refuse("dropout is random; set it to null to apply the merges");
  }
  Pieces pieces = read_vocabulary(place.at("vocab"));
  BpeOptions options;
  options.unknown = read_unknown(place, pieces);
  if (place.has("unk_token") && !options.unknown) {
    place.refuse("unk_token \"" + place.text("unk_token") + "\" is not in the vocabulary");
  }
  options.continuing_prefix = from_utf8(place.text("continuing_subword_prefix", ""));
  options.end_suffix = from_utf8(place.text("end_of_word_suffix", ""));
  options.fuse_unknown = place.flag("fuse_unk", false);
  options.byte_fallback = place.flag("byte_fallback", false);
  options.ignore_merges = place.flag("ignore_merges", false);
  std::vector<BpeMerge> merges = read_merges(place.at("merges"), pieces);
  return std::make_unique<BpeModel>(std::move(pieces), std::move(merges), std::move(options));
}

std::unique_ptr<const SubwordModel> unigram_model(const HfPlace& place) {
  const HfPlace vocabulary = place.at("vocab");
  std::vector<UnigramPiece> pieces;
  pieces.reserve(vocabulary.size());
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const HfPlace entry = vocabulary.at(i);
    if (entry.size() != 2) entry.refuse("expected a piece and its score");
    pieces.push_back({from_utf8(entry.at(size_t{0}).text()), entry.at(1).real()});
  }
  UnigramOptions options;
  if (place.has("unk_id")) {
    options.unknown = static_cast<TokenId>(place.at("unk_id").number(1U << 30));
  }
  options.byte_fallback = place.flag("byte_fallback", false);
  return std::make_unique<UnigramModel>(std::move(pieces), options);
}

std::unique_ptr<const SubwordModel> wordpiece_model(const HfPlace& place) {
  Pieces pieces = read_vocabulary(place.at("vocab"));
  WordPieceOptions options;
  options.unknown = read_unknown(place, pieces);
  options.continuing_prefix = from_utf8(place.text("continuing_subword_prefix", "##"));
  if (place.has("max_input_chars_per_word")) {
    options.max_word = place.at("max_input_chars_per_word").number(kMaxWord);
  }
  return std::make_unique<WordPieceModel>(std::move(pieces), std::move(options));
}

std::unique_ptr<const SubwordModel> word_level_model(const HfPlace& place) {
  Pieces pieces = read_vocabulary(place.at("vocab"));
  const std::optional<TokenId> unknown = read_unknown(place, pieces);
  return std::make_unique<WordLevelModel>(std::move(pieces), unknown);
}

/// Files of the first years lack "type".
std::string type_of(const HfPlace& place) {
  if (place.has("type")) return place.type();
  if (place.has("merges")) return "BPE";
  if (place.at("vocab").json().is_array()) return "Unigram";
  return place.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

Json write_bpe(const BpeModel& model) {
  const BpeOptions& options = model.options();
  Json merges = Json::array();
  for (const BpeMerge& merge : model.merges()) {
    merges.push_back(Json::array(
        {to_utf8(model.pieces().text(merge.left)), to_utf8(model.pieces().text(merge.right))}));
  }
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", piece_or_null(model.pieces(), options.unknown)},
          {"continuing_subword_prefix", text_or_null(options.continuing_prefix)},
          {"end_of_word_suffix", text_or_null(options.end_suffix)},
          {"fuse_unk", options.fuse_unknown},
          {"byte_fallback", options.byte_fallback},
          {"ignore_merges", options.ignore_merges},
          {"vocab", write_vocabulary(model.pieces())},
          {"merges", std::move(merges)}};
}

Json write_unigram(const UnigramModel& model) {
  Json vocabulary = Json::array();
  for (size_t id = 0; id < model.pieces().size(); ++id) {
    vocabulary.push_back(
        Json::array({to_utf8(model.pieces().text(static_cast<TokenId>(id))), model.scores()[id]}));
  }
  const UnigramOptions& options = model.options();
  return {{"type", "Unigram"},
          {"unk_id", options.unknown ? Json(*options.unknown) : Json()},
          {"vocab", std::move(vocabulary)},
          {"byte_fallback", options.byte_fallback}};
}

Json write_wordpiece(const WordPieceModel& model) {
  const WordPieceOptions& options = model.options();
  return {{"type", "WordPiece"},
          {"unk_token", name_of_unknown(model.pieces(), options.unknown)},
          {"continuing_subword_prefix", to_utf8(options.continuing_prefix)},
          {"max_input_chars_per_word", options.max_word},
          {"vocab", write_vocabulary(model.pieces())}};
}

}  // namespace

std::unique_ptr<const SubwordModel> read_hf_model(const HfPlace& place) {
  const std::string type = type_of(place);
  if (type == "BPE") return bpe_model(place);
  if (type == "Unigram") return unigram_model(place);
  if (type == "WordPiece") return wordpiece_model(place);
  if (type == "WordLevel") return word_level_model(place);
  place.refuse_kind(type);
}

Json write_hf_model(const SubwordModel& model) {
  if (const auto* bpe = dynamic_cast<const BpeModel*>(&model)) return write_bpe(*bpe);
  if (const auto* unigram = dynamic_cast<const UnigramModel*>(&model))
    return write_unigram(*unigram);
  if (const auto* pieces = dynamic_cast<const WordPieceModel*>(&model)) {
    return write_wordpiece(*pieces);
  }
  const auto& words = dynamic_cast<const WordLevelModel&>(model);
  return {{"type", "WordLevel"},
          {"vocab", write_vocabulary(words.pieces())},
          {"unk_token", name_of_unknown(words.pieces(), words.unknown())}};
}

}  // namespace motet::tokens
