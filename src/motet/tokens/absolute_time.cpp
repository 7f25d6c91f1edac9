// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/absolute_time.h"

#include <algorithm>
#include <array>

namespace motet::tokens {
namespace aria {
namespace {

/// Class of each group of eight programs, and the program that stands for a class.
constexpr std::array<int, 16> kClassOfGroup{0, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1};
constexpr std::array<int, kClasses> kProgramOfClass{0, 16, 24, 32, 40, 48, 56, 64, 73, 80};

}  // namespace

int class_of(int program) { return kClassOfGroup[static_cast<size_t>(program / 8)]; }
int program_of(int instrument_class) {
  return kProgramOfClass[static_cast<size_t>(instrument_class)];
}

}  // namespace aria

namespace {

bool is_drum_known(int pitch) {
  return pitch >= aria::kFirstDrum && pitch < aria::kFirstDrum + aria::kDrums;
}

bool has_aria_ids(const TimedNote& note) {
  return note.instrument == kDrumInstrument ? is_drum_known(note.pitch)
                                            : aria::class_of(note.instrument) >= 0;
}

/// The nearest of 10, 20 .. 120: a velocity above 0 never becomes 0.
int aria_velocity_bin(int velocity) {
  const int nearest = (velocity + aria::kVelocityStep / 2 - 1) / aria::kVelocityStep;
  return std::clamp(nearest, 1, aria::kVelocities - 1);
}

}  // namespace

std::vector<int32_t> encode_aria_prefix(std::span<const TimedNote> notes) {
  std::array<bool, aria::kClasses + 1> sounds{};
  for (const TimedNote& note : notes) {
    if (!has_aria_ids(note)) continue;
    const bool is_drum = note.instrument == kDrumInstrument;
    const int kind = is_drum ? aria::kClasses : aria::class_of(note.instrument);
    sounds[static_cast<size_t>(kind)] = true;
  }
  std::vector<int32_t> ids;
  for (size_t i = 0; i < sounds.size(); ++i) {
    if (sounds[i]) ids.push_back(aria::kPrefix + static_cast<int32_t>(i));
  }
  ids.push_back(aria::kBegin);
  return ids;
}

std::vector<int32_t> encode_aria_notes(std::span<const TimedNote> notes, int64_t origin,
                                       int64_t& segment) {
  std::vector<int32_t> ids;
  for (const TimedNote& note : notes) {
    const int64_t time = note.onset - origin;
    if (time < 0 || !has_aria_ids(note)) continue;
    for (; segment < time / aria::kSegmentSteps; ++segment) ids.push_back(aria::kSegment);
    const auto onset = static_cast<int32_t>(aria::kOnset + time % aria::kSegmentSteps);
    if (note.instrument == kDrumInstrument) {
      ids.insert(ids.end(), {aria::kDrum + note.pitch - aria::kFirstDrum, onset});
      continue;
    }
    const int row = aria::class_of(note.instrument) * 128 + note.pitch;
    const auto length = std::clamp<int64_t>(note.duration, 1, aria::kDurations - 1);
    ids.insert(ids.end(), {aria::kNote + row * aria::kVelocities + aria_velocity_bin(note.velocity),
                           onset, static_cast<int32_t>(aria::kDuration + length)});
  }
  return ids;
}

std::vector<int32_t> encode_aria(std::span<const TimedNote> notes) {
  const auto first = std::ranges::find_if(notes, has_aria_ids);
  std::vector<int32_t> ids = encode_aria_prefix(notes);
  int64_t segment = 0;
  if (first != notes.end()) {
    const std::vector<int32_t> body = encode_aria_notes(notes, first->onset, segment);
    ids.insert(ids.end(), body.begin(), body.end());
  }
  ids.push_back(aria::kEnd);
  return ids;
}

std::vector<TimedNote> decode_aria(std::span<const int32_t> ids) {
  std::vector<TimedNote> notes;
  int64_t segment = 0;
  const auto within = [&](size_t i, int first, int count) {
    return i < ids.size() && ids[i] >= first && ids[i] < first + count;
  };
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == aria::kSegment) ++segment;
    if (!within(i + 1, aria::kOnset, aria::kSegmentSteps)) continue;
    const int64_t onset = segment * aria::kSegmentSteps + ids[i + 1] - aria::kOnset;
    if (within(i, aria::kDrum, aria::kDrums)) {
      notes.push_back({.onset = onset,
                       .duration = 1,
                       .instrument = kDrumInstrument,
                       .pitch = ids[i] - aria::kDrum + aria::kFirstDrum,
                       .velocity = aria::kDrumVelocity});
    } else if (within(i, aria::kNote, aria::kDrum - aria::kNote) &&
               within(i + 2, aria::kDuration, aria::kDurations)) {
      const int note = ids[i] - aria::kNote;
      const int row = note / aria::kVelocities;
      notes.push_back({.onset = onset,
                       .duration = ids[i + 2] - aria::kDuration,
                       .instrument = aria::program_of(row / 128),
                       .pitch = row % 128,
                       .velocity = note % aria::kVelocities * aria::kVelocityStep});
    }
  }
  std::ranges::stable_sort(notes, {}, &TimedNote::onset);
  return notes;
}

}  // namespace motet::tokens
