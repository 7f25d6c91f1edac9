// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_build.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "motet/score/abc_voice_build.h"

namespace motet::abc {
namespace {

template <typename Change>
void keep_one_of_each_tick(std::vector<Change>& changes) {
  const auto is_repeated = [](const Change& a, const Change& b) { return a.at == b.at; };
  changes.erase(std::unique(changes.begin(), changes.end(), is_repeated), changes.end());
}

/// The metre of a bar that is `length` ticks long; nothing when none is.
std::optional<MetreChange> metre_of(Ticks at, Ticks length) {
  constexpr int kWholeTicks = 4 * kTicksPerQuarter;
  const int64_t common = std::gcd(length.value, int64_t{kWholeTicks});
  int64_t numerator = length.value / common;
  int64_t denominator = kWholeTicks / common;
  while (denominator < 4) {
    numerator *= 2;
    denominator *= 2;
  }
  const bool is_power = (denominator & (denominator - 1)) == 0;
  if (!is_power || denominator > 128 || numerator > 255) return std::nullopt;
  return MetreChange{at, static_cast<int>(numerator), static_cast<int>(denominator), true};
}

/// Adds what moves the bar lines of `score` to where `ends` has them: a short bar is cut by its
/// metre said again, a long one gets a metre of its own.
void mark_bars(Score& score, const std::vector<Ticks>& ends) {
  std::vector<MetreChange> hidden;
  MetreChange metre;
  bool must_restate = false;
  size_t next = 0;
  Ticks begin;
  for (const Ticks end : ends) {
    for (; next < score.metres.size() && score.metres[next].at <= begin; ++next) {
      metre = score.metres[next];
    }
    const bool is_said = next > 0 && score.metres[next - 1].at == begin;
    const bool is_cut = next < score.metres.size() && score.metres[next].at < end;
    const Ticks length = end - begin;
    const Ticks expected{int64_t{4} * kTicksPerQuarter * metre.numerator / metre.denominator};
    const bool is_long = length > expected && !is_said && !is_cut;
    const auto own = is_long ? metre_of(begin, length) : std::nullopt;
    if (own) {
      hidden.push_back(*own);
    } else if (must_restate && !is_said) {
      hidden.push_back({begin, metre.numerator, metre.denominator, true});
    }
    must_restate = own || length < expected;
    begin = end;
  }
  score.metres.insert(score.metres.end(), hidden.begin(), hidden.end());
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
