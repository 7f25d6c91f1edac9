// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "motet/tokens/event_values.h"
#include "motet/tokens/track_score.h"

namespace motet::tokens {

/// A stretch of a piece with one length of the beat.
struct BeatSection {
  int64_t end = 0;             ///< where the next begins; the last has no end
  int64_t ticks_per_beat = 0;  ///< of the metre's denominator
};

/// A piece on the tokenizer's grid: times, velocities, lengths, tempos are values of its tokens.
struct PreparedScore {
  struct Tempo {
    int64_t at = 0;
    size_t index = 0;  ///< into EventValues::tempos
  };
  int ticks_per_quarter = 8;
  std::vector<Tempo> tempos;
  std::vector<TrackMetre> metres;
  std::vector<TrackKey> keys;
  std::vector<EventTrack> tracks;
  std::vector<BeatSection> sections;  ///< at least one
  int64_t last_onset = 0;             ///< of anything, also of what has no tokens
};

/// What MidiTok does to a score before it is tokenized (MusicTokenizer.preprocess_score): drops
/// metres that have no token and delays the others to a bar line, resamples, merges tracks of one
/// program, drops pitches out of range, and rounds every value to one that has a token.
/// Throws Error(kInvalidFile) when the piece has no ticks per quarter.
PreparedScore prepare(TrackScore score, const EventConfig& config, const EventValues& values,
                      Tokenization tokenization);

/// Ticks of a beat, and of a bar, where a quarter has `ticks_per_quarter`.
int64_t ticks_per_beat(int denominator, int64_t ticks_per_quarter);
int64_t ticks_per_bar(int numerator, int denominator, int64_t ticks_per_quarter);

/// Where the bars begin up to the last onset of anything.
std::vector<int64_t> bar_ticks(const PreparedScore& score);
/// The same of beats, each as long as the metre's denominator says.
std::vector<int64_t> beat_ticks(const PreparedScore& score);

/// Leaves out what begins at `end` or later.
void clip(PreparedScore& score, int64_t end);

std::vector<BeatSection> beat_sections(const std::vector<TrackMetre>& metres,
                                       int64_t ticks_per_quarter);

/// Walks through sections as time goes on.
class SectionWalk {
 public:
  explicit SectionWalk(const std::vector<BeatSection>& sections) : sections_(sections) {}
  /// The section of a time that is not before the last one asked for.
  const BeatSection& at(int64_t time) {
    while (index_ + 1 < sections_.size() && time >= sections_[index_].end) ++index_;
    return sections_[index_];
  }

 private:
  const std::vector<BeatSection>& sections_;
  size_t index_ = 0;
};

}  // namespace motet::tokens
