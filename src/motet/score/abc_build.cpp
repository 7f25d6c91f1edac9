// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_build.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "motet/score/abc_voice_build.h"
#include "motet/score/metre_line.h"

namespace motet::abc {
namespace {

template <typename Change>
void keep_one_of_each_tick(std::vector<Change>& changes) {
  const auto is_repeated = [](const Change& a, const Change& b) { return a.at == b.at; };
  changes.erase(std::unique(changes.begin(), changes.end(), is_repeated), changes.end());
}

/// Where bars begin and end: at the bar lines, where a metre is said, and before a bar outgrows
/// every metre.
std::vector<Ticks> bounds_of(const Score& score, std::vector<Ticks> ends, Ticks longest) {
  const Ticks end = ends.empty() ? Ticks{} : ends.back();
  for (const MetreChange& metre : score.metres) {
    if (metre.at < end) ends.push_back(metre.at);
  }
  ends.push_back({});
  std::ranges::sort(ends);
  std::vector<Ticks> bounds;
  for (const Ticks at : ends) {
    while (!bounds.empty() && at - bounds.back() > longest) {
      bounds.push_back(bounds.back() + longest);
    }
    if (bounds.empty() || at > bounds.back()) bounds.push_back(at);
  }
  return bounds;
}

/// Adds what moves the bar lines of `score` to where `ends` has them.
void mark_bars(Score& score, const std::vector<Ticks>& ends) {
  MetreLine line(score.ticks_per_quarter);
  const std::vector<Ticks> bounds = bounds_of(score, ends, line.longest());
  std::vector<MetreChange> metres;
  auto said = score.metres.begin();
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    std::optional<MetreSign> sign;
    if (said != score.metres.end() && said->at == bounds[i]) {
      sign = {said->numerator, said->denominator};
      ++said;
    }
    const auto changes = line.place(bounds[i], bounds[i + 1] - bounds[i], sign);
    metres.insert(metres.end(), changes.begin(), changes.end());
  }
  metres.insert(metres.end(), said, score.metres.end());
  score.metres = std::move(metres);
}

size_t count_of_road_signs(const std::vector<Barline>& bars) {
  return static_cast<size_t>(std::ranges::count_if(bars, [](const Barline& bar) {
    return bar.kind != BarlineKind::kDouble && bar.kind != BarlineKind::kFinal;
  }));
}

/// The road with the sections in the order that P: gives: each is played with its repeats.
std::vector<Passage> ordered(const std::vector<Passage>& road, const std::string& order,
                             const std::vector<TextEvent>& sections, Ticks end) {
  if (order.empty() || sections.empty()) return road;
  std::vector<Passage> result;
  for (const char label : order) {
    const auto section = std::ranges::find_if(sections, [&](const TextEvent& each) {
      return !each.text.empty() && each.text[0] == label;
    });
    if (section == sections.end()) continue;
    const auto next = std::next(section);
    const Ticks section_end = next == sections.end() ? end : next->at;
    for (const Passage& passage : road) {
      const Ticks from = std::max(passage.begin, section->at);
      const Ticks to = std::min(passage.end, section_end);
      if (from < to) result.push_back({from, to, passage.pass});
    }
  }
  return result.empty() ? road : result;
}

/// What only the whole tune can tell of the voices.
struct Gathered {
  std::vector<Ticks> bars;
  std::vector<Barline> barlines;
  std::vector<TextEvent> sections;
  std::string voice;  ///< whose bar lines they are
};

void build_voices(const Tune& tune, Reading& reading, Gathered& gathered) {
  uint32_t next_id = 1;
  size_t most_signs = 0;
  for (const Voice& voice : tune.voices) {
    VoiceBuilder builder(voice, reading.score, next_id);
    Part part = builder.build();
    if (builder.too_short() > 0) {
      reading.mended.push_back("voice " + voice.id + ": left out " +
                               std::to_string(builder.too_short()) +
                               " notes of less than half a tick");
    }
    if (part.notes.empty()) continue;
    const size_t signs = count_of_road_signs(builder.barlines());
    if (!gathered.voice.empty() && signs != most_signs) {
      reading.mended.push_back("voices " + gathered.voice + " and " + voice.id +
                               " repeat differently; took the one that says more");
    }
    if (gathered.bars.empty() || signs > most_signs) {
      gathered.bars = builder.bars();
      gathered.barlines = builder.barlines();
      gathered.voice = voice.id;
      most_signs = signs;
    }
    if (gathered.sections.empty()) gathered.sections = builder.sections();
    reading.score.parts.push_back(std::move(part));
  }
}

}  // namespace

Built build(const Tune& tune) {
  Built built;
  Score& score = built.reading.score;
  score.ticks_per_quarter = kTicksPerQuarter;
  score.title = tune.title;
  score.composer = tune.composer;
  score.lyricist = tune.lyricist;
  score.rights = tune.rights;
  built.reading.mended = tune.mended;
  Gathered gathered;
  build_voices(tune, built.reading, gathered);
  score.barlines = gathered.barlines;
  score.markers = gathered.sections;
  sort_events(score);
  keep_one_of_each_tick(score.tempos);
  keep_one_of_each_tick(score.metres);
  keep_one_of_each_tick(score.keys);
  mark_bars(score, gathered.bars);
  sort_events(score);
  score.chords.erase(std::unique(score.chords.begin(), score.chords.end()), score.chords.end());
  built.road = ordered(road_of(score), tune.order, gathered.sections, end_of_page(score));
  return built;
}

}  // namespace motet::abc
