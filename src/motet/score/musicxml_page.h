// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "motet/score/metre_line.h"
#include "motet/score/musicxml_xml.h"
#include "motet/score/score.h"

namespace motet::musicxml {

/// A measure as it is written.
struct PageBar {
  Ticks begin;
  Ticks length;
  std::optional<MetreSign> sign;  ///< the time signature that stands in it, if any
  MetreSign metre;                ///< in force
  std::string number;
  bool is_implicit = false;  ///< of another length than its metre says
  bool is_last = false;

  Ticks end() const { return begin + length; }
};

/// All measures of a score whose page is known: to the last thing that stands in it, at least one.
/// Throws Error(kInvalidFile) beyond 100,000.
std::vector<PageBar> page_bars(const Score& score);

/// Whether any part says how its notes are written; such a score is written as it stands.
bool has_page(const Score& score);

/// A head, or a piece of one that a bar line cuts.
struct PageHead {
  Written written;
  bool ties_on = false;
  bool ties_back = false;
  int piece = 0;  ///< 0 for the first head of its note
};

/// Writes one part exactly as Part::written and the other lists of the page say.
class PageWriter {
 public:
  /// The first part carries what belongs to all: tempos, words, chord symbols.
  PageWriter(Xml& xml, const Score& score, size_t part, std::string part_id);

  void write(const std::vector<PageBar>& bars);

 private:
  /// Heads that are struck together, or one grace note.
  using Group = std::vector<const PageHead*>;
  /// One voice of a bar, in order.
  using Stream = std::vector<Group>;
  /// What stands between the notes.
  struct Sign {
    enum class Kind { kTempo, kMarker, kChord, kDirection, kJump, kAttributes, kBarline };
    Ticks at;
    Kind kind = Kind::kDirection;
    size_t index = 0;
  };

  // musicxml_page.cpp
  void prepare_heads(const std::vector<PageBar>& bars);
  void prepare_lyrics();
  std::vector<Stream> streams_of(const PageBar& bar);
  void write_bar(const PageBar& bar);
  void write_stream(const Stream& stream, std::vector<Sign>& signs);
  void move_to(Ticks at);

  // musicxml_page_signs.cpp
  std::vector<Sign> signs_of(const PageBar& bar);
  void write_attributes(const PageBar& bar, Ticks at);
  void write_transposition();
  void write_page_key(Ticks at);
  void write_left(const PageBar& bar);
  void write_right(const PageBar& bar);
  void write_sign(const Sign& sign, Ticks offset);
  static bool takes_offset(const Sign& sign);
  bool is_said_by_words(Ticks at) const;

  // musicxml_page_notes.cpp
  void set_accidentals(const std::vector<Stream>& streams);
  void set_beams(const Stream& stream, const PageBar& bar);
  void write_head(const PageHead& head, bool is_in_chord);
  void write_pitch(const Written& written);
  void write_value(const Written& written);
  void write_notations(const PageHead& head);
  void write_slurs(const Written& written);
  void write_lyrics(const PageHead& head);
  int key_at(Ticks at) const;

  Xml& xml_;
  const Score& score_;
  const Part& part_;
  std::string id_;
  bool is_first_;
  bool is_first_bar_ = true;
  std::vector<PageHead> heads_;  ///< by time
  size_t next_head_ = 0;
  std::unordered_map<uint32_t, const Note*> notes_;
  std::map<const PageHead*, std::vector<const Lyric*>> lyrics_;
  std::vector<int> slurs_;                              ///< voice of each open slur; -1 for none
  std::map<const PageHead*, std::string> accidentals_;  ///< of the bar
  std::map<const PageHead*, std::vector<std::string>> beams_;  ///< of the bar
  std::vector<bool> barlines_done_;
  Ticks cursor_;
};

}  // namespace motet::musicxml
