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

/// Stands in a compound token for a place that it does not have: MuMIDI's tokens of bars, positions
/// and tracks are shorter than those of notes. Not written to files.
constexpr TokenId kAbsent = -1;

struct PreparedScore;

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

  /// The text of a learned model over these tokens (BPE, Unigram, WordPiece), as MidiTok keeps it
  /// under "_model": a Hugging Face tokenizer's JSON, or empty. encode gives base ids, before it.
  const std::string& model() const { return model_; }

  /// What MidiTok writes and reads as tokenizer.json.
  Json to_json() const;

 protected:
  EventTokenizer(Tokenization tokenization, EventConfig config);

  virtual EventSequences encode_prepared(PreparedScore& score) const = 0;
  virtual TrackScore decode_checked(const EventSequences& sequences) const = 0;

 private:
  friend std::unique_ptr<EventTokenizer> read_event_tokenizer(const Json& json,
                                                              const std::string& name);
  void take_model(const Json& json, const std::string& name);
  void require_ids(const EventSequence& sequence) const;

  Tokenization tokenization_;
  EventConfig config_;
  EventValues values_;
  std::vector<EventVocabulary> vocabularies_;
  std::string model_;
  Json trained_ = Json::object();  ///< the fields of a trained tokenizer.json, kept for to_json
};

/// A tokenizer for a configuration; the defaults are MidiTok's.
std::unique_ptr<EventTokenizer> make_event_tokenizer(Tokenization tokenization,
                                                     EventConfig config = {});

/// Reads MidiTok 3's tokenizer.json. Throws Error(kInvalidFile) "<name>: ..." when it is none.
std::unique_ptr<EventTokenizer> read_event_tokenizer(const Json& json, const std::string& name);
std::unique_ptr<EventTokenizer> load_event_tokenizer(const std::filesystem::path& path);
void save(const EventTokenizer& tokenizer, const std::filesystem::path& path);

/// {"ids": [...], "ids_encoded": false} as MidiTok's save_tokens; nested as the tokenizer's shape
/// asks.
Json tokens_to_json(const EventTokenizer& tokenizer, const EventSequences& sequences);
/// Throws Error(kInvalidFile) "<name>: ..." when the shape is not the tokenizer's.
EventSequences tokens_from_json(const EventTokenizer& tokenizer, const Json& json,
                                const std::string& name);

}  // namespace motet::tokens
