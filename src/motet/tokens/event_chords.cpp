// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "motet/tokens/events.h"

namespace motet::tokens {

std::vector<FoundChord> find_chords(const std::vector<TrackNote>& notes,
                                    const std::vector<BeatSection>& sections,
                                    const EventConfig& config, const EventValues& values) {
  constexpr size_t kMostNotes = 10;  ///< that are looked at together
  constexpr int kWidest = 24;        ///< semitones from the first note to the last
  constexpr size_t kRoots = 12;
  std::vector<FoundChord> chords;
  SectionWalk walk(sections);
  int64_t previous_tick = -1;
  size_t first = 0;
  std::vector<TrackNote> together;
  while (first < notes.size()) {
    const TrackNote& lowest = notes[first];
    if (lowest.onset == previous_tick) {
      ++first;
      continue;
    }
    const int64_t beat = walk.at(lowest.onset).ticks_per_beat;
    const int64_t half = beat / 2;
    const double near = static_cast<double>(beat) / values.first_beat_resolution;
    together.clear();
    for (size_t i = first; i < std::min(first + kMostNotes, notes.size()); ++i) {
      const double limit = static_cast<double>(lowest.onset) + near;
      if (static_cast<double>(notes[i].onset) <= limit) together.push_back(notes[i]);
    }
    const bool is_ambiguous = std::ranges::any_of(
        together, [&](const TrackNote& n) { return std::abs(n.end() - lowest.end()) > half; });
    if (is_ambiguous) {
      first += together.size();
      continue;
    }
    if (lowest.duration <= half) {
      std::erase_if(together, [&](const TrackNote& n) { return n.onset != lowest.onset; });
    }
    std::vector<int> tones;
    int64_t begin = lowest.onset;
    for (const TrackNote& note : together) {
      tones.push_back(note.pitch - lowest.pitch);
      begin = std::min(begin, note.onset);
      previous_tick = std::max(previous_tick, note.onset);
    }
    const size_t root = config.chord_tokens_with_root_note ? lowest.pitch % kRoots : 0;
    first += together.size();
    if (tones.size() < 3 || tones.size() > 5 || tones.back() > kWidest) continue;
    const auto known = std::ranges::find(config.chord_maps, tones, &ChordMap::tones);
    size_t quality = static_cast<size_t>(known - config.chord_maps.begin());
    if (known == config.chord_maps.end()) {
      if (!config.chord_unknown) continue;
      const auto [least, most] = *config.chord_unknown;
      const int count = static_cast<int>(tones.size());
      if (count < least || count >= most) continue;
      quality += static_cast<size_t>(count - least);
    }
    const size_t stride = config.chord_tokens_with_root_note ? kRoots : 1;
    chords.push_back({begin, static_cast<int>(quality * stride + root)});
  }
  return chords;
}

}  // namespace motet::tokens
