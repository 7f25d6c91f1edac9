// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "motet/tokens/event_config.h"
#include "motet/tokens/event_vocabulary.h"
#include "motet/tokens/track_score.h"

namespace motet::tokens {

/// Token ids of a piece: one sequence for each track, or one for all. A compound token takes
/// `width` ids, one from each vocabulary, and lies in one piece: sequence[t * width + place].
using EventSequence = std::vector<TokenId>;
using EventSequences = std::vector<EventSequence>;
/// When each id stands, in ticks of the tokenizer's grid.
using EventTimes = std::vector<std::vector<int64_t>>;

/// Base ids, and the places at which a learned model's words begin (0 left out, ascending).
struct EventWords {
  EventSequences ids;
  std::vector<std::vector<size_t>> starts;
};

/// Stands in a compound token for a place that it does not have: MuMIDI's tokens of bars, positions
/// and tracks are shorter than those of notes. Not written to files.
constexpr TokenId kAbsent = -1;

struct EventContext;
struct PreparedScore;
class Subword;

/// Turns scores into the ids of a published tokenization, and any ids back into a score. With the
/// same tokenizer.json the ids are those of MidiTok 3.1.0 on symusic 0.6.0; see docs/formats.md for
/// how far that was checked. Immutable once made: threads may share it.
class EventTokenizer {
 public:
  virtual ~EventTokenizer() = default;

  Tokenization tokenization() const { return tokenization_; }
  const EventConfig& config() const { return config_; }
  const EventValues& values() const { return values_; }
  /// Ids of a token: 1, or for CPWord, Octuple and MuMIDI one for each vocabulary.
  size_t width() const { return vocabularies_.size(); }
  /// How many of them are never kAbsent.
  size_t least_width() const;
  bool is_compound() const;
  const EventVocabulary& vocabulary(size_t place = 0) const { return vocabularies_[place]; }
  /// True when a piece is one sequence, false when each track is one.
  bool is_one_stream() const;

  /// Throws Error(kInvalidArgument) when the piece needs a token that the vocabulary lacks, and
  /// Error(kInvalidFile) when it is too long: more than 16 million tokens.
  EventSequences encode(TrackScore score) const;
  EventSequences encode(const Score& score) const { return encode(to_track_score(score)); }
  /// The ids of a MIDI file, exactly as MidiTok reads it.
  EventSequences encode_midi(ByteView midi) const { return encode(read_track_score(midi)); }

  /// Makes the best of any ids, as MidiTok does: a note that lacks its velocity or duration is left
  /// out. Throws Error(kInvalidArgument) for an id outside the vocabulary or half a compound token,
  /// Error(kInvalidFile) when the times leave what a score holds.
  TrackScore decode_tracks(const EventSequences& sequences) const;
  Score decode(const EventSequences& sequences) const { return to_score(decode_tracks(sequences)); }

  /// "Pitch_60"; a compound token's names are joined by blanks.
  std::vector<std::string> names(const EventSequence& sequence) const;

  /// Whether there is a learned model over these tokens (BPE, Unigram, WordPiece), as MidiTok keeps
  /// it under "_model": a Hugging Face tokenizer's JSON. encode gives base ids, before it.
  bool is_trained() const { return learned_ != nullptr; }

  /// Base ids cut into words as encode_ids_split asks: at bars, at beats, or at MMM's tracks alone.
  /// Throws as encode does, and Error(kInvalidArgument) for compound tokens, which have no words.
  EventWords encode_words(TrackScore score) const;
  /// The ids of the learned model, as MidiTok's encode gives them. Needs is_trained(); throws as
  /// encode does.
  EventSequences encode_learned(TrackScore score) const;
  /// Back to base ids. Throws Error(kInvalidArgument) without a model, or for an id outside it.
  EventSequences decode_learned(const EventSequences& sequences) const;

  /// What MidiTok writes and reads as tokenizer.json.
  Json to_json() const;

 protected:
  EventTokenizer(Tokenization tokenization, EventConfig config);

  /// times  filled beside the ids where it is asked for (not null); left alone by compound tokens
  virtual EventSequences encode_prepared(PreparedScore& score, EventTimes* times) const = 0;
  virtual TrackScore decode_checked(const EventSequences& sequences) const = 0;
  EventContext context(EventTimes* times, size_t sequence) const;

 private:
  friend std::unique_ptr<EventTokenizer> read_event_tokenizer(const Json& json,
                                                              const std::string& name);
  void take_model(const Json& json, const std::string& name);
  void require_ids(const EventSequence& sequence) const;
  void require_trained() const;
  std::vector<size_t> word_starts(const EventSequence& ids, const std::vector<int64_t>& times,
                                  const std::vector<int64_t>& cuts) const;

  Tokenization tokenization_;
  EventConfig config_;
  EventValues values_;
  std::vector<EventVocabulary> vocabularies_;
  std::shared_ptr<const Subword> learned_;  ///< null without one
  Json trained_ = Json::object();  ///< the fields of a trained tokenizer.json, kept for to_json
};

/// A tokenizer for a configuration; the defaults are MidiTok's.
std::unique_ptr<EventTokenizer> make_event_tokenizer(Tokenization tokenization,
                                                     EventConfig config = {});

/// Reads MidiTok 3's tokenizer.json. Throws Error(kInvalidFile) "<name>: ..." when it is none.
std::unique_ptr<EventTokenizer> read_event_tokenizer(const Json& json, const std::string& name);
std::unique_ptr<EventTokenizer> load_event_tokenizer(const std::filesystem::path& path);
void save(const EventTokenizer& tokenizer, const std::filesystem::path& path);

/// The tokenizer with a model that was learnt over its base ids; MidiTok opens what it saves.
/// Throws Error(kInvalidArgument) for compound tokens.
std::unique_ptr<EventTokenizer> with_model(const EventTokenizer& tokenizer, const Subword& model);

/// Whether ids are a learned model's, or of the base vocabulary.
enum class EventIds { kBase, kLearned };

/// {"ids": [...], "ids_encoded": false} as MidiTok's save_tokens; nested as the tokenizer's shape
/// asks.
Json tokens_to_json(const EventTokenizer& tokenizer, const EventSequences& sequences,
                    EventIds kind = EventIds::kBase);
/// Base ids; those that "ids_encoded" says to be a learned model's are decoded. Throws
/// Error(kInvalidFile) "<name>: ..." when the shape is not the tokenizer's.
EventSequences tokens_from_json(const EventTokenizer& tokenizer, const Json& json,
                                const std::string& name);

}  // namespace motet::tokens
