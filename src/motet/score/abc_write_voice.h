// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "motet/score/abc_write_pitch.h"
#include "motet/score/score.h"

namespace motet::abc {

/// A word that stands before the notes of its place: a chord symbol, "!mf!", "[K:G]".
struct Attachment {
  Ticks at;
  std::string text;
  auto operator<=>(const Attachment&) const = default;
};

/// What a voice writes besides its notes, sorted by place.
struct Attachments {
  std::vector<Attachment> words;   ///< chord symbols, dynamics, signs
  std::vector<Attachment> fields;  ///< "[M:3/4]"; keys and clefs are below
  std::vector<KeyChange> keys;
  std::vector<Clef> clefs;
};

/// "treble-8"
std::string clef_text(const Clef& clef);
/// "F#m"
std::string key_text(const KeyChange& key);

/// Writes one staff of a part, bar after bar.
class VoiceWriter {
 public:
  VoiceWriter(const Score& score, const Part& part, uint8_t staff, std::string id,
              Attachments attachments);

  /// The notes of [begin, end), overlays included, without the bar line.
  std::string write_bar(Ticks begin, Ticks end);

  /// Words that stand at the end, or beyond it.
  std::string take_words();

  /// The w: lines of the bars written since the last call.
  std::string take_lyrics();

 private:
  /// Heads at one place in one voice: a chord, a note or a rest, with its grace notes.
  struct Group {
    Ticks at;
    Ticks duration;
    std::vector<const Written*> heads;
    std::vector<const Written*> graces;
    bool is_rest() const { return heads.empty() || heads[0]->has(kRest); }
  };
  using Stream = std::vector<Group>;
  static constexpr int kVoices = 256;

  int stream_for(const Written& head) const;
  void write_stream(int voice, const Stream& stream, Ticks begin, Ticks end, bool is_main,
                    std::string& out);
  void write_group(const Stream& stream, size_t index, Ticks bar_begin, Ticks end,
                   std::string& out);
  void write_gap(Ticks from, Ticks to, std::string& out);
  void write_overlay_of_words(Ticks begin, Ticks end, std::string& out);
  Ticks printed_bar(Ticks at) const;
  void open_tuplet(const Stream& stream, size_t index, Ticks end, std::string& out);
  void write_graces(const Group& group, std::string& out);
  void write_heads(const Group& group, std::string& out);
  void write_fields(Ticks until, std::string& out);
  void write_words(Ticks at, std::string& out);
  void note_lyrics(const Group& group);
  std::string tick_length(Ticks length) const;
  std::string head_length(const Written& head) const;
  double drift_after(const Written& head) const;
  bool is_written_as_it_looks(const Written& head) const;
  void pass(const Written& head);

  const Score& score_;
  const Part& part_;
  uint8_t staff_;
  std::string id_;
  Attachments attached_;
  size_t next_field_ = 0;
  size_t next_key_ = 0;
  size_t next_clef_ = 0;
  PitchWriter pitches_;
  std::map<int, Stream> streams_;  ///< by voice; what overlaps in one is at voice + n * kVoices
  std::map<int, size_t> next_;     ///< by the same: the first group not yet written
  std::map<uint32_t, const Written*> last_head_;  ///< of every note
  int tuplet_left_ = 0;
  double drift_ = 0;  ///< of the place where a reader is, beyond the tick that is meant
  std::multimap<Ticks, const Lyric*> lyrics_;
  int verses_ = 0;
  std::vector<std::string> lines_;  ///< of syllables, by verse
  std::vector<bool> is_extended_;
  size_t next_word_ = 0;                 ///< the first that may not be written yet
  std::vector<MetreChange> printed_{1};  ///< the metres that are shown, 4/4 before them
};

}  // namespace motet::abc
