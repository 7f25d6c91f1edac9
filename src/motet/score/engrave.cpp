// SPDX-License-Identifier: Apache-2.0
#include "motet/score/engrave.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "motet/base/error.h"
#include "motet/score/musicxml_harmony.h"
#include "motet/score/musicxml_rhythm.h"
#include "motet/score/musicxml_voices.h"

namespace motet {
namespace {

using musicxml::Layer;
using musicxml::NotePiece;
using musicxml::Stretch;

constexpr std::array<std::string_view, 9> kTypes = {"whole", "half", "quarter", "eighth", "16th",
                                                    "32nd",  "64th", "128th",   "256th"};

int8_t value_of(const NotePiece& piece) {
  if (piece.type == "breve") return -1;
  const auto* const found = std::ranges::find(kTypes, piece.type);
  return found == kTypes.end() ? int8_t{0} : static_cast<int8_t>(found - kTypes.begin());
}

/// What one voice does in a bar: chords and silence that fill it.
std::vector<Stretch> stretches_of(const Layer& layer, size_t& next, const Bar& bar) {
  const int64_t bar_end = (bar.begin + bar.length).value;
  std::vector<Stretch> stretches;
  int64_t at = bar.begin.value;
  const auto add = [&](int64_t end, int chord) {
    if (end <= at) return;
    stretches.push_back(
        {static_cast<int>(at - bar.begin.value), static_cast<int>(end - bar.begin.value), chord});
    at = end;
  };
  while (next < layer.size() && layer[next].end <= bar.begin) ++next;
  for (size_t i = next; i < layer.size() && layer[i].begin.value < bar_end; ++i) {
    add(std::max(at, layer[i].begin.value), -1);
    add(std::min(bar_end, layer[i].end.value), static_cast<int>(i));
  }
  add(bar_end, -1);
  return stretches;
}

class PartEngraver {
 public:
  PartEngraver(const Part& source, bool is_one_hand, Part& page)
      : staves_(musicxml::staves_of(source, is_one_hand)), page_(page) {
    page_.staves = static_cast<uint8_t>(std::max<size_t>(1, staves_.size()));
    for (const musicxml::Staff& staff : staves_) next_.emplace_back(staff.size(), 0);
  }

  void write(const Bar& bar) {
    uint8_t voice = 0;
    for (size_t s = 0; s < staves_.size(); ++s) {
      for (size_t v = 0; v < staves_[s].size(); ++v, ++voice) {
        const Layer& layer = staves_[s][v];
        const std::vector<Stretch> stretches = stretches_of(layer, next_[s][v], bar);
        const bool is_silent = stretches.size() == 1 && stretches[0].chord < 0;
        if (is_silent && v > 0) continue;
        for (const NotePiece& piece : musicxml::pieces_of(stretches, musicxml::pulse_of(bar))) {
          write(layer, piece, bar, static_cast<uint8_t>(s), voice);
        }
      }
    }
  }

 private:
  void write(const Layer& layer, const NotePiece& piece, const Bar& bar, uint8_t staff,
             uint8_t voice) {
    Written head;
    head.at = bar.begin + Ticks{piece.begin};
    head.duration = Ticks{piece.length};
    head.staff = staff;
    head.voice = voice;
    head.value = value_of(piece);
    head.dots = static_cast<uint8_t>(piece.dots);
    if (piece.in_triplet) {
      head.actual = 3;
      head.normal = 2;
    }
    head.marks = (piece.begins_triplet ? uint32_t{kTupletBegin} : 0U) |
                 (piece.ends_triplet ? uint32_t{kTupletEnd} : 0U);
    if (piece.chord < 0) {
      head.marks |= kRest | (piece.type.empty() ? uint32_t{kWholeBar} : 0U);
      page_.written.push_back(head);
      return;
    }
    for (const Note* note : layer[static_cast<size_t>(piece.chord)].notes) {
      head.note = note->id;
      head.pitch = note->pitch;
      head.spelling = note->spelling;
      page_.written.push_back(head);
      head.marks = 0;  // of a chord, the first head bears them
    }
  }

  std::vector<musicxml::Staff> staves_;
  std::vector<std::vector<size_t>> next_;  ///< by staff and voice: the first chord not yet over
  Part& page_;
};

}  // namespace

Score with_chords_of_markers(const Score& score) {
  constexpr size_t kFewest = 4;
  const bool has_page =
      std::ranges::any_of(score.parts, [](const Part& part) { return !part.written.empty(); });
  if (has_page || !score.chords.empty() || score.markers.size() < kFewest) return score;
  size_t chords = 0;
  size_t telling = 0;  // "A" may be a section; "Am7" is none
  for (const TextEvent& marker : score.markers) {
    const auto harmony = musicxml::parse_harmony(marker.text);
    if (!harmony) continue;
    ++chords;
    if (harmony->kind != "major" && harmony->kind != "other") ++telling;
  }
  if (10 * chords < 9 * score.markers.size() || 5 * telling < chords) return score;
  Score result = score;
  for (const TextEvent& marker : score.markers) {
    if (musicxml::parse_harmony(marker.text)) result.chords.push_back({marker.at, marker.text});
  }
  std::erase_if(result.markers, [](const TextEvent& marker) {
    return musicxml::parse_harmony(marker.text).has_value();
  });
  return result;
}

void forget_pages(Score& score) {
  for (Part& part : score.parts) part.written.clear();
}

std::vector<Bar> bars_until(const Score& score, Ticks end) {
  Score longer;
  longer.ticks_per_quarter = score.ticks_per_quarter;
  longer.metres = score.metres;
  if (end > Ticks{})
    longer.parts.emplace_back().notes.push_back({.onset = {}, .duration = end, .id = {}});
  return bars_of(longer);
}

Score with_page(const Score& score) {
  const auto has_page = [](const Part& part) {
    return !part.written.empty() || part.notes.empty();
  };
  if (std::ranges::all_of(score.parts, has_page)) return score;
  Score page = with_resolution(score, musicxml::kDivisions);
  name_notes(page);
  const std::vector<Bar> bars = bars_of(page);
  const std::vector<bool> hands = musicxml::single_hands(page);
  for (size_t i = 0; i < page.parts.size(); ++i) {
    Part& part = page.parts[i];
    if (has_page(part)) continue;
    const Part source = part;
    PartEngraver engraver(source, hands[i], part);
    for (const Bar& bar : bars) engraver.write(bar);
  }
  sort_events(page);
  return page;
}

}  // namespace motet
