// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/track_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace motet::tokens {
namespace {

constexpr uint8_t kSustain = 64;
constexpr uint8_t kPedalOn = 64;  ///< this and above
constexpr int kPrograms = 128;

/// Adds the sustain pedal's times to a track whose controls are complete.
void find_pedals(EventTrack& track) {
  constexpr int64_t kUp = -1;
  int64_t down = kUp;
  for (const TrackControl& control : track.controls) {
    if (control.number != kSustain) continue;
    if (control.value >= kPedalOn) {
      if (down == kUp) down = control.at;
    } else if (down != kUp) {
      track.pedals.push_back({down, control.at - down});
      down = kUp;
    }
  }
}

/// Tells a part's events to the tracks of its programs.
class PartSplitter {
 public:
  explicit PartSplitter(const Part& part) : part_(part), program_(part.program) {}

  void split(std::vector<EventTrack>& tracks) {
    size_t next = 0;
    for (const Note& note : part_.notes) {
      for (; next < part_.controls.size() && part_.controls[next].at <= note.onset; ++next) {
        read(part_.controls[next]);
      }
      track_for_note().notes.push_back(
          {note.onset.value, note.duration.value, note.pitch, note.velocity});
    }
    for (; next < part_.controls.size(); ++next) read(part_.controls[next]);
    for (auto& track : by_program_) {
      if (!track) continue;
      find_pedals(*track);
      tracks.push_back(std::move(*track));
    }
  }

 private:
  EventTrack& track_for_note() {
    auto& track = by_program_[program_];
    if (!track) {
      track = homeless_ ? std::move(*homeless_) : EventTrack{};
      homeless_.reset();
      track->name = part_.name;
      track->program = program_;
      track->is_drums = part_.is_drums;
    }
    return *track;
  }

  EventTrack& track_for_control() {
    if (auto& track = by_program_[program_]) return *track;
    if (!homeless_) homeless_.emplace();
    return *homeless_;
  }

  void read(const Control& control) {
    switch (control.kind) {
      case ControlKind::kProgram:
        program_ = static_cast<uint8_t>(std::clamp<int>(control.value, 0, kPrograms - 1));
        return;
      case ControlKind::kController:
        track_for_control().controls.push_back(
            {control.at.value, control.number, static_cast<uint8_t>(control.value)});
        return;
      case ControlKind::kPitchBend:
        track_for_control().bends.push_back({control.at.value, control.value});
        return;
      default:
        return;
    }
  }

  const Part& part_;
  uint8_t program_;
  std::array<std::optional<EventTrack>, kPrograms> by_program_;
  std::optional<EventTrack> homeless_;
};

Part part_of(const EventTrack& track) {
  Part part;
  part.name = track.name;
  part.program = track.program;
  part.is_drums = track.is_drums;
  for (const TrackNote& note : track.notes) {
    part.notes.push_back({.onset = Ticks{note.onset},
                          .duration = Ticks{std::max<int64_t>(note.duration, 1)},
                          .pitch = note.pitch,
                          .velocity = std::max<uint8_t>(note.velocity, 1),
                          .voice = 0,
                          .spelling = kUnspelled,
                          .id = {}});
  }
  for (const TrackControl& control : track.controls) {
    part.controls.push_back(
        {Ticks{control.at}, ControlKind::kController, control.number, control.value});
  }
  for (const TrackBend& bend : track.bends) {
    part.controls.push_back(
        {Ticks{bend.at}, ControlKind::kPitchBend, 0, static_cast<int16_t>(bend.value)});
  }
  for (const TrackPedal& pedal : track.pedals) {
    part.controls.push_back({Ticks{pedal.at}, ControlKind::kController, kSustain, 127});
    part.controls.push_back({Ticks{pedal.end()}, ControlKind::kController, kSustain, 0});
  }
  return part;
}

/// Keeps the last of the changes at one tick, as a Score has no more than one.
template <typename Change>
void keep_last_of_each_tick(std::vector<Change>& changes) {
  std::vector<Change> kept;
  for (const Change& change : changes) {
    if (!kept.empty() && kept.back().at == change.at) kept.pop_back();
    kept.push_back(change);
  }
  changes = std::move(kept);
}

}  // namespace

TrackScore to_track_score(const Score& score) {
  TrackScore result;
  result.ticks_per_quarter = score.ticks_per_quarter;
  for (const TempoChange& tempo : score.tempos) {
    const double quarter = std::round(kMicrosecondsPerMinute / tempo.quarters_per_minute);
    result.tempos.push_back({tempo.at.value, static_cast<int64_t>(std::min(quarter, 1e12))});
  }
  for (const MetreChange& metre : score.metres) {
    result.metres.push_back({metre.at.value, metre.numerator, metre.denominator});
  }
  for (const KeyChange& key : score.keys) {
    result.keys.push_back({key.at.value, key.fifths, key.mode == Mode::kMinor});
  }
  for (const TextEvent& marker : score.markers) result.markers.push_back(marker.at.value);
  for (const Part& part : score.parts) {
    PartSplitter(part).split(result.tracks);
    if (part.lyrics.empty()) continue;
    EventTrack& sung = result.tracks.emplace_back();
    sung.name = part.name;
    for (const Lyric& lyric : part.lyrics) sung.lyrics.push_back(lyric.at.value);
  }
  return result;
}

Score to_score(const TrackScore& tracks) {
  Score score;
  score.ticks_per_quarter = tracks.ticks_per_quarter;
  for (const TrackTempo& tempo : tracks.tempos) {
    const auto quarter = static_cast<double>(std::max<int64_t>(tempo.microseconds, 1));
    score.tempos.push_back({Ticks{tempo.at}, kMicrosecondsPerMinute / quarter});
  }
  for (const TrackMetre& metre : tracks.metres) {
    score.metres.push_back({Ticks{metre.at}, metre.numerator, metre.denominator});
  }
  for (const TrackKey& key : tracks.keys) {
    score.keys.push_back({Ticks{key.at}, key.fifths, key.is_minor ? Mode::kMinor : Mode::kMajor});
  }
  for (const EventTrack& track : tracks.tracks) score.parts.push_back(part_of(track));
  sort_events(score);
  keep_last_of_each_tick(score.tempos);
  keep_last_of_each_tick(score.metres);
  keep_last_of_each_tick(score.keys);
  name_notes(score);
  return score;
}

}  // namespace motet::tokens
