// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_tokenizer.h"

#include <algorithm>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/tokens/event_rules.h"
#include "motet/tokens/subword.h"

namespace motet::tokens {
namespace {

constexpr const char* kMidiTokVersion = "3.1.0";
constexpr const char* kSymusicVersion = "0.6.0";
constexpr const char* kTokenizersVersion = "0.23.3";

EventConfig adapted(EventConfig config, Tokenization tokenization) {
  settle(config, "tokenizer");
  adapt(config, tokenization);
  return config;
}

/// One id after another, or nested by compound token.
Json sequence_to_json(const EventSequence& sequence, size_t width, bool is_compound) {
  if (!is_compound) return sequence;
  Json rows = Json::array();
  for (size_t i = 0; i + width <= sequence.size(); i += width) {
    Json row = Json::array();
    for (size_t place = i; place < i + width && sequence[place] != kAbsent; ++place) {
      row.push_back(sequence[place]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Whether "ids_encoded" says so, of any sequence: MidiTok encodes all of a piece or none.
bool is_encoded(const Json& json) {
  if (!json.is_object() || !json.contains("ids_encoded")) return false;
  const Json& flags = json["ids_encoded"];
  if (flags.is_boolean()) return flags.get<bool>();
  return std::ranges::any_of(
      flags, [](const Json& flag) { return flag.is_boolean() && flag.get<bool>(); });
}

class SequenceReader {
 public:
  SequenceReader(const EventTokenizer& tokenizer, const std::string& name)
      : tokenizer_(tokenizer), name_(name) {}

  EventSequence read(const Json& json) const {
    require_list(json);
    EventSequence ids;
    for (const Json& item : json) {
      if (!tokenizer_.is_compound()) {
        ids.push_back(read_id(item));
        continue;
      }
      require_list(item);
      if (item.size() > tokenizer_.width() || item.size() < tokenizer_.least_width()) {
        refuse("compound tokens of " + std::to_string(tokenizer_.width()) + " ids");
      }
      for (const Json& id : item) ids.push_back(read_id(id));
      ids.resize(ids.size() + tokenizer_.width() - item.size(), kAbsent);
    }
    return ids;
  }

  void require_list(const Json& json) const {
    if (!json.is_array()) refuse("a list of ids");
  }

 private:
  [[noreturn]] void refuse(const std::string& expected) const {
    const std::string shape = tokenizer_.is_one_stream() ? "one sequence" : "a sequence a track";
    throw Error(ErrorCode::kInvalidFile,
                name_ + ": ids: expected " + expected + "; this tokenizer has " + shape);
  }

  TokenId read_id(const Json& json) const {
    if (!json.is_number_integer()) refuse("whole numbers");
    const auto id = json.get<int64_t>();
    constexpr int64_t kLargest = 1 << 30;
    if (id < 0 || id > kLargest) refuse("ids of the vocabulary");
    return static_cast<TokenId>(id);
  }

  const EventTokenizer& tokenizer_;
  const std::string& name_;
};

}  // namespace

void IdWriter::refuse() {
  throw Error(ErrorCode::kInvalidFile, "the piece makes more than 16 million tokens");
}

EventTokenizer::EventTokenizer(Tokenization tokenization, EventConfig config)
    : tokenization_(tokenization),
      config_(adapted(std::move(config), tokenization)),
      values_(config_, tokenization) {
  for (const auto& names : vocabulary_names(config_, tokenization_, values_)) {
    vocabularies_.emplace_back(names, values_);
  }
}

bool EventTokenizer::is_compound() const {
  return tokenization_ == Tokenization::kCpWord || tokenization_ == Tokenization::kOctuple ||
         tokenization_ == Tokenization::kMuMidi;
}

size_t EventTokenizer::least_width() const {
  constexpr size_t kPlacesOfMuMidi = 3;
  return tokenization_ == Tokenization::kMuMidi ? kPlacesOfMuMidi : width();
}

bool EventTokenizer::is_one_stream() const {
  return config_.one_token_stream_for_programs || tokenization_ == Tokenization::kMmm;
}

EventSequences EventTokenizer::encode(TrackScore score) const {
  PreparedScore prepared = prepare(std::move(score), config_, values_, tokenization_);
  return encode_prepared(prepared, nullptr);
}

EventContext EventTokenizer::context(EventTimes* times, size_t sequence) const {
  return {config_, values_, vocabularies_.front(),
          times == nullptr ? nullptr : &(*times)[sequence]};
}

void EventTokenizer::require_ids(const EventSequence& sequence) const {
  const size_t width = this->width();
  if (sequence.size() % width != 0) {
    throw Error(ErrorCode::kInvalidArgument, "expected compound tokens of " +
                                                 std::to_string(width) + " ids, found " +
                                                 std::to_string(sequence.size()) + " ids");
  }
  for (size_t i = 0; i < sequence.size(); ++i) {
    if (vocabularies_[i % width].has(sequence[i])) continue;
    if (sequence[i] == kAbsent && i % width >= least_width()) continue;
    const std::string way_out = is_trained() ? "; decode the model's ids to base ids first" : "";
    throw Error(ErrorCode::kInvalidArgument,
                "token " + std::to_string(i) + ": expected an id from 0 to " +
                    std::to_string(vocabularies_[i % width].size() - 1) + ", found " +
                    std::to_string(sequence[i]) + way_out);
  }
}

TrackScore EventTokenizer::decode_tracks(const EventSequences& sequences) const {
  for (const EventSequence& sequence : sequences) require_ids(sequence);
  if (is_one_stream() && sequences.size() > 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected one sequence for all tracks, found " + std::to_string(sequences.size()));
  }
  return decode_checked(sequences);
}

std::vector<std::string> EventTokenizer::names(const EventSequence& sequence) const {
  require_ids(sequence);
  std::vector<std::string> names;
  for (size_t i = 0; i < sequence.size(); ++i) {
    if (sequence[i] == kAbsent) continue;
    const std::string& name = vocabularies_[i % width()].name(sequence[i]);
    if (i % width() == 0) {
      names.push_back(name);
    } else {
      names.back() += " " + name;
    }
  }
  return names;
}

Json EventTokenizer::to_json() const {
  Json json = Json::object();
  json["config"] = tokens::to_json(config_);
  json["tokenization"] = std::string(name_of(tokenization_));
  json["miditok_version"] = kMidiTokVersion;
  json["symusic_version"] = kSymusicVersion;
  json["hf_tokenizers_version"] = kTokenizersVersion;
  for (const auto& [key, value] : trained_.items()) json[key] = value;
  return json;
}

/// A trained tokenizer names its base vocabulary itself: training may have dropped tokens.
void EventTokenizer::take_model(const Json& json, const std::string& name) {
  const auto model = json.find("_model");
  if (model == json.end()) return;
  const auto base = json.find("_vocab_base");
  const bool is_whole =
      model->is_string() && base != json.end() && base->is_object() && !is_compound();
  if (!is_whole) {
    throw Error(ErrorCode::kInvalidFile, name + ": expected _model and _vocab_base of MidiTok");
  }
  std::vector<std::string> names(base->size());
  for (const auto& [token, id] : base->items()) {
    const int64_t place = id.is_number_integer() ? id.get<int64_t>() : -1;
    const bool fits = place >= 0 && place < static_cast<int64_t>(names.size()) &&
                      names[static_cast<size_t>(place)].empty();
    if (!fits || token.empty()) {
      throw Error(ErrorCode::kInvalidFile,
                  name +
                      ": _vocab_base: expected ids 0, 1, 2 ..., each once; a model that was "
                      "trained over a smaller base vocabulary is not supported");
    }
    names[static_cast<size_t>(place)] = token;
  }
  vocabularies_.clear();
  vocabularies_.emplace_back(names, values_);
  learned_ = std::make_shared<Subword>(std::string_view(model->get_ref<const std::string&>()));
  for (const char* const key : {"_vocab_base", "_model", "_vocab_base_byte_to_token"}) {
    if (json.contains(key)) trained_[key] = json[key];
  }
}

std::unique_ptr<EventTokenizer> make_event_tokenizer(Tokenization tokenization,
                                                     EventConfig config) {
  switch (tokenization) {
    case Tokenization::kStructured:
      return make_structured(std::move(config));
    case Tokenization::kCpWord:
      return make_cp_word(std::move(config));
    case Tokenization::kOctuple:
      return make_octuple(std::move(config));
    case Tokenization::kMuMidi:
      return make_mumidi(std::move(config));
    case Tokenization::kMmm:
      return make_mmm(std::move(config));
    case Tokenization::kPerTok:
      return make_pertok(std::move(config));
    default:
      return make_simple_tokenizer(tokenization, std::move(config));
  }
}

std::unique_ptr<EventTokenizer> read_event_tokenizer(const Json& json, const std::string& name) {
  if (!json.is_object()) throw Error(ErrorCode::kInvalidFile, name + ": expected an object");
  const auto tokenization = json.find("tokenization");
  const auto config = json.find("config");
  if (tokenization == json.end() || !tokenization->is_string() || config == json.end()) {
    throw Error(ErrorCode::kInvalidFile,
                name + ": expected MidiTok's tokenizer.json with \"tokenization\" and \"config\"");
  }
  try {
    auto tokenizer = make_event_tokenizer(find_tokenization(tokenization->get<std::string>()),
                                          read_event_config(*config, name));
    tokenizer->take_model(json, name);
    return tokenizer;
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.starts_with(name)) throw;
    throw Error(ErrorCode::kInvalidFile, name + ": " + what);
  }
}

std::unique_ptr<EventTokenizer> load_event_tokenizer(const std::filesystem::path& path) {
  return read_event_tokenizer(parse_json(read_text(path), path.string()), path.string());
}

void save(const EventTokenizer& tokenizer, const std::filesystem::path& path) {
  write_file(path, std::string_view(to_text(tokenizer.to_json())));
}

Json tokens_to_json(const EventTokenizer& tokenizer, const EventSequences& sequences,
                    EventIds kind) {
  const bool is_encoded = kind == EventIds::kLearned;
  Json json = Json::object();
  const auto written = [&](const EventSequence& sequence) {
    return sequence_to_json(sequence, tokenizer.width(), tokenizer.is_compound());
  };
  if (tokenizer.is_one_stream()) {
    json["ids"] = sequences.empty() ? Json::array() : written(sequences.front());
    json["ids_encoded"] = is_encoded;
    return json;
  }
  json["ids"] = Json::array();
  json["ids_encoded"] = Json::array();
  for (const EventSequence& sequence : sequences) {
    json["ids"].push_back(written(sequence));
    json["ids_encoded"].push_back(is_encoded);
  }
  return json;
}

EventSequences tokens_from_json(const EventTokenizer& tokenizer, const Json& json,
                                const std::string& name) {
  const bool has_ids = json.is_object() && json.contains("ids");
  const Json& ids = has_ids ? json["ids"] : json;
  const SequenceReader reader(tokenizer, name);
  EventSequences sequences;
  if (tokenizer.is_one_stream()) {
    sequences.push_back(reader.read(ids));
  } else {
    reader.require_list(ids);
    for (const Json& sequence : ids) sequences.push_back(reader.read(sequence));
  }
  if (!is_encoded(json)) return sequences;
  return tokenizer.decode_learned(sequences);
}

}  // namespace motet::tokens
