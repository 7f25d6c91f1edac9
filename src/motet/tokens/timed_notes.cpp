// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/timed_notes.h"

#include <algorithm>
#include <cmath>

#include "motet/score/instruments.h"
#include "motet/score/tempo_map.h"

namespace motet::tokens {
namespace {

constexpr int kPedalController = 64;  // controller
constexpr int kPedalDown = 64;        // from this value on

int64_t nearest_step(double seconds) {
  return static_cast<int64_t>(std::nearbyint(seconds * kTimeStepsPerSecond));
}

struct PedalPress {
  Ticks begin;
  Ticks end;
};

/// While the pedal of a part is down.
std::vector<PedalPress> pedal_presses(const Part& part) {
  std::vector<PedalPress> intervals;
  bool is_down = false;
  for (const Control& control : part.controls) {
    if (control.kind != ControlKind::kController || control.number != kPedalController) continue;
    const bool down = control.value >= kPedalDown;
    if (down && !is_down) intervals.push_back({control.at, control.at});
    if (!down && is_down) intervals.back().end = control.at;
    is_down = down;
  }
  if (is_down) intervals.pop_back();  // never lifted: nothing says until when
  return intervals;
}

Ticks held_until(const std::vector<PedalPress>& pedal, Ticks end) {
  for (const PedalPress& interval : pedal) {
    if (interval.begin < end && end < interval.end) return interval.end;
  }
  return end;
}

Part& part_for_instrument(Score& score, int instrument) {
  const bool is_drums = instrument == kDrumInstrument;
  const auto program = static_cast<uint8_t>(is_drums ? 0 : instrument);
  const auto found = std::ranges::find_if(score.parts, [&](const Part& part) {
    return part.is_drums == is_drums && (is_drums || part.program == program);
  });
  if (found != score.parts.end()) return *found;
  Part part;
  part.program = program;
  part.is_drums = is_drums;
  part.name = name_of(Instrument{program, is_drums});
  score.parts.push_back(part);
  return score.parts.back();
}

}  // namespace

std::vector<TimedNote> timed_notes(const Score& score, PedalUse use) {
  const TempoMap map(score);
  std::vector<TimedNote> notes;
  for (const Part& part : score.parts) {
    const std::vector<PedalPress> pedal = use == PedalUse::kHoldsNotes && !part.is_drums
                                              ? pedal_presses(part)
                                              : std::vector<PedalPress>();
    for (const Note& note : part.notes) {
      const double begin = map.to_seconds(note.onset).value;
      const Ticks end = held_until(pedal, note.onset + note.duration);
      notes.push_back({.onset = nearest_step(begin),
                       .duration = nearest_step(map.to_seconds(end).value - begin),
                       .instrument = part.is_drums ? kDrumInstrument : part.program,
                       .pitch = note.pitch,
                       .velocity = note.velocity});
    }
  }
  std::ranges::stable_sort(notes, {}, &TimedNote::onset);
  return notes;
}

void append_notes(Score& score, std::span<const TimedNote> notes) {
  const TempoMap map(score);
  const auto ticks = [&](int64_t at) {
    return map.to_ticks({static_cast<double>(at) / kTimeStepsPerSecond});
  };
  for (const TimedNote& timed : notes) {
    const Ticks onset = ticks(timed.onset);
    const Ticks length = ticks(timed.onset + timed.duration) - onset;
    part_for_instrument(score, timed.instrument)
        .notes.push_back({.onset = onset,
                          .duration = std::max(length, Ticks{1}),
                          .pitch = static_cast<uint8_t>(timed.pitch),
                          .velocity = static_cast<uint8_t>(std::clamp(timed.velocity, 1, 127)),
                          .voice = 0,
                          .spelling = kUnspelled,
                          .id = {}});
  }
  sort_events(score);
  name_notes(score);
}

Score to_score(std::span<const TimedNote> notes) {
  Score score;
  score.ticks_per_quarter = 500;
  score.tempos = {{Ticks{0}, 120.0}};
  append_notes(score, notes);
  return score;
}

}  // namespace motet::tokens
