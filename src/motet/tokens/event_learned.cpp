// SPDX-License-Identifier: Apache-2.0
// Event tokens through a learned model: MidiTok's trained tokenizers.

#include "motet/base/error.h"
#include "motet/tokens/event_rules.h"
#include "motet/tokens/subword.h"
#include "motet/tokens/unicode.h"

namespace motet::tokens {
namespace {

/// Where the words of a piece may begin, in ticks; none where nothing cuts it.
std::vector<int64_t> cuts_of(const PreparedScore& score, const EventConfig& config) {
  if (config.encode_ids_split == "bar") return bar_ticks(score);
  if (config.encode_ids_split == "beat") return beat_ticks(score);
  return {};
}

}  // namespace

/// As TokSequence._split_per_ticks: a word begins at the first id that stands at or after a cut.
/// The tracks of MMM stand one after another in one sequence and are cut each for itself.
std::vector<size_t> EventTokenizer::word_starts(const EventSequence& ids,
                                                const std::vector<int64_t>& times,
                                                const std::vector<int64_t>& cuts) const {
  const bool has_tracks = tokenization_ == Tokenization::kMmm;
  std::vector<size_t> starts;
  size_t next = 1;  // the cut at 0 begins no new word
  for (size_t i = 0; i < ids.size(); ++i) {
    if (has_tracks && vocabulary().token(ids[i]) == EventToken{EventType::kTrack, kTrackStart}) {
      if (i > 0) starts.push_back(i);
      next = 1;
      continue;
    }
    if (next >= cuts.size() || times[i] < cuts[next]) continue;
    starts.push_back(i);
    while (next < cuts.size() && cuts[next] <= times[i]) ++next;
  }
  return starts;
}

EventWords EventTokenizer::encode_words(TrackScore score) const {
  if (is_compound()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(name_of(tokenization_)) + " has compound tokens, which no model joins");
  }
  PreparedScore prepared = prepare(std::move(score), config_, values_, tokenization_);
  const std::vector<int64_t> cuts = cuts_of(prepared, config_);
  EventTimes times;
  EventWords words;
  words.ids = encode_prepared(prepared, &times);
  for (size_t i = 0; i < words.ids.size(); ++i) {
    words.starts.push_back(word_starts(words.ids[i], times[i], cuts));
  }
  return words;
}

void EventTokenizer::require_trained() const {
  if (is_trained()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "this tokenizer has no learned model; motet tokenizer train makes one");
}

EventSequences EventTokenizer::encode_learned(TrackScore score) const {
  require_trained();
  EventWords words = encode_words(std::move(score));
  for (size_t i = 0; i < words.ids.size(); ++i) {
    words.ids[i] = learned_->encode(words.ids[i], words.starts[i]);
  }
  return std::move(words.ids);
}

EventSequences EventTokenizer::decode_learned(const EventSequences& sequences) const {
  require_trained();
  EventSequences base;
  for (const EventSequence& ids : sequences) base.push_back(learned_->decode(ids));
  return base;
}

std::unique_ptr<EventTokenizer> with_model(const EventTokenizer& tokenizer, const Subword& model) {
  if (tokenizer.is_compound()) {
    throw Error(ErrorCode::kInvalidArgument, std::string(name_of(tokenizer.tokenization())) +
                                                 " has compound tokens, which no model joins");
  }
  Json json = tokenizer.to_json();
  json["_model"] = model.to_text();
  json["_vocab_base"] = Json::object();
  json["_vocab_base_byte_to_token"] = Json::object();
  const std::vector<std::string>& names = tokenizer.vocabulary().names();
  for (size_t id = 0; id < names.size(); ++id) {
    const Symbols symbol(1, kFirstBaseSymbol + static_cast<char32_t>(id));
    json["_vocab_base"][names[id]] = id;
    json["_vocab_base_byte_to_token"][to_utf8(symbol)] = names[id];
  }
  return read_event_tokenizer(json, "tokenizer");
}

}  // namespace motet::tokens
