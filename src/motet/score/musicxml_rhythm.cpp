// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_rhythm.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace motet::musicxml {
namespace {

struct GridValue {
  int length;  ///< on the grid, before any tuplet
  std::string_view type;
  int dots;
  int flags;
};

/// Longest first. Lengths in triplets are two thirds of these.
constexpr std::array<GridValue, 11> kPlain = {{{144, "whole", 1, 0},
                                               {96, "whole", 0, 0},
                                               {72, "half", 1, 0},
                                               {48, "half", 0, 0},
                                               {36, "quarter", 1, 0},
                                               {24, "quarter", 0, 0},
                                               {18, "eighth", 1, 1},
                                               {12, "eighth", 0, 1},
                                               {9, "16th", 1, 2},
                                               {6, "16th", 0, 2},
                                               {3, "32nd", 0, 3}}};
constexpr std::array<GridValue, 9> kTriplet = {{{32, "half", 0, 0},
                                                {16, "quarter", 0, 0},
                                                {12, "eighth", 1, 1},
                                                {8, "eighth", 0, 1},
                                                {6, "16th", 1, 2},
                                                {4, "16th", 0, 2},
                                                {3, "32nd", 1, 3},
                                                {2, "32nd", 0, 3},
                                                {1, "64th", 0, 4}}};
constexpr int kFinest = 3;  // a thirty-second

/// A stretch of the bar that is either plain or one triplet bracket.
struct Region {
  int begin;
  int end;
  bool is_triplet;
};

/// The places where the voice changes inside (begin, end).
std::vector<int> changes_inside(const std::vector<Stretch>& stretches, int begin, int end) {
  std::vector<int> places;
  for (const Stretch& stretch : stretches) {
    if (stretch.begin > begin && stretch.begin < end) places.push_back(stretch.begin);
  }
  return places;
}

bool is_plain(const std::vector<int>& places, int end) {
  return end % kFinest == 0 &&
         std::ranges::all_of(places, [](int place) { return place % kFinest == 0; });
}

/// Three quarters in the time of a half, and nothing in between.
bool is_half_triplet(const std::vector<int>& places, int begin) {
  constexpr int kThird = 16;
  return !places.empty() && std::ranges::all_of(places, [&](int place) {
    return place == begin + kThird || place == begin + 2 * kThird;
  });
}

/// Divides the bar into regions: of a half where it is made of quarter triplets, else of a quarter,
/// or of an eighth where only that needs a bracket.
std::vector<Region> regions_of(const std::vector<Stretch>& stretches, const Pulse& pulse) {
  constexpr int kHalf = 48;
  constexpr int kEighth = 12;
  std::vector<Region> regions;
  for (int at = 0; at < pulse.length;) {
    const auto fits = [&](int size) {
      return at % size == 0 && at + size <= pulse.length && !(pulse.is_compound && size > kEighth);
    };
    const auto places_to = [&](int end) { return changes_inside(stretches, at, end); };
    int size = std::min(kEighth, pulse.length - at);
    if (fits(kHalf) && is_half_triplet(places_to(at + kHalf), at)) {
      size = kHalf;
    } else if (fits(kDivisions)) {
      const auto middle = places_to(at + kDivisions);
      const bool eighths_do = std::ranges::find(middle, at + kEighth) != middle.end() ||
                              is_plain(middle, at + kDivisions);
      if (!eighths_do) size = kDivisions;
    }
    regions.push_back({at, at + size, !is_plain(places_to(at + size), at + size)});
    at += size;
  }
  return regions;
}

/// Whether a plain note of this value may begin at `at`.
bool note_may_stand(const GridValue& value, int at, const Pulse& pulse) {
  if (pulse.is_compound) {
    const int in_beat = at % pulse.beat;
    if (in_beat != 0) return in_beat + value.length <= pulse.beat;
    return value.length <= pulse.beat || value.length % pulse.beat == 0;
  }
  const int middle = kWhole / 2;
  if (pulse.length == kWhole && at < middle && at + value.length > middle && at != 0) {
    return at % kDivisions == 0 && value.length >= middle;  // a syncopation that everybody reads
  }
  const int step = value.dots > 0 ? value.length / 3 : std::max(kFinest, value.length / 2);
  return at % std::max(step, 1) == 0;
}

/// Rests show the beats: they are plain and begin where a note of their length would by nature.
bool rest_may_stand(const GridValue& value, int at, const Pulse& pulse) {
  if (pulse.is_compound) {
    if (value.length == pulse.beat) return at % pulse.beat == 0;
    return value.dots == 0 && value.length < pulse.beat && at % value.length == 0 &&
           at % pulse.beat + value.length <= pulse.beat;
  }
  return value.dots == 0 && (at % value.length == 0 || value.length == kFinest);
}

NotePiece piece_of(const GridValue& value, int begin, int length, int chord) {
  NotePiece piece;
  piece.begin = begin;
  piece.length = length;
  piece.chord = chord;
  piece.type = value.type;
  piece.dots = value.dots;
  piece.flags = value.flags;
  return piece;
}

void cut_plain(const Stretch& stretch, const Pulse& pulse, std::vector<NotePiece>& pieces) {
  for (int at = stretch.begin; at < stretch.end;) {
    const int left = stretch.end - at;
    const auto* value = std::ranges::find_if(kPlain, [&](const GridValue& v) {
      if (v.length > left) return false;
      return stretch.chord < 0 ? rest_may_stand(v, at, pulse) : note_may_stand(v, at, pulse);
    });
    if (value == kPlain.end()) value = &kPlain.back();
    assert(value->length <= left);
    pieces.push_back(piece_of(*value, at, value->length, stretch.chord));
    at += value->length;
  }
}

void cut_triplet(const Stretch& stretch, const Region& region, std::vector<NotePiece>& pieces) {
  for (int at = stretch.begin; at < stretch.end;) {
    const int left = stretch.end - at;
    const auto* value = std::ranges::find_if(kTriplet, [&](const GridValue& v) {
      return v.length == left || (v.length < left && v.dots == 0);
    });
    assert(value != kTriplet.end());
    NotePiece piece = piece_of(*value, at, value->length, stretch.chord);
    piece.in_triplet = true;
    piece.begins_triplet = at == region.begin;
    at += value->length;
    piece.ends_triplet = at == region.end;
    pieces.push_back(piece);
  }
}

}  // namespace

Pulse pulse_of(const Bar& bar) {
  Pulse pulse;
  pulse.length = static_cast<int>(bar.length.value);
  pulse.is_compound = bar.numerator % 3 == 0 && bar.denominator >= 8 && bar.denominator <= 32;
  pulse.beat = pulse.is_compound ? 3 * kWhole / bar.denominator : kDivisions;
  return pulse;
}

std::vector<NotePiece> pieces_of(const std::vector<Stretch>& stretches, const Pulse& pulse) {
  const std::vector<Region> regions = regions_of(stretches, pulse);
  std::vector<NotePiece> pieces;
  size_t next = 0;
  for (const Stretch& stretch : stretches) {
    for (int at = stretch.begin; at < stretch.end;) {
      while (regions[next].end <= at) ++next;
      Stretch part{at, std::min(stretch.end, regions[next].end), stretch.chord};
      if (regions[next].is_triplet) {
        cut_triplet(part, regions[next], pieces);
      } else {
        for (size_t i = next + 1; i < regions.size() && !regions[i].is_triplet; ++i) {
          part.end = std::min(stretch.end, regions[i].end);
        }
        cut_plain(part, pulse, pieces);
      }
      at = part.end;
    }
  }
  return pieces;
}

}  // namespace motet::musicxml
