// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/triplets.h"

#include <algorithm>

namespace motet::tokens {

std::vector<int32_t> encode_triplets(std::span<const TimedNote> notes, int64_t origin,
                                     int64_t until) {
  std::vector<int32_t> ids;
  int64_t before = 0;
  const auto rest_until = [&](int64_t time) {
    while (time > before + triplet::kRestDensity &&
           before + triplet::kRestDensity < triplet::kTimes) {
      before += triplet::kRestDensity;
      ids.insert(ids.end(), {static_cast<int32_t>(before), triplet::kDuration, triplet::kRest});
    }
  };
  for (const TimedNote& note : notes) {
    const int64_t time = note.onset - origin;
    if (time < 0 || time >= triplet::kTimes) continue;
    rest_until(time);
    const int64_t length = std::clamp<int64_t>(note.duration, 0, triplet::kDurations - 1);
    ids.insert(ids.end(),
               {static_cast<int32_t>(time), static_cast<int32_t>(triplet::kDuration + length),
                triplet::kNote + 128 * note.instrument + note.pitch});
    before = time;
  }
  rest_until(until - origin);
  return ids;
}

std::vector<int32_t> as_controls(std::span<const int32_t> triplets) {
  std::vector<int32_t> ids(triplets.begin(), triplets.end());
  for (int32_t& id : ids) id += triplet::kControl;
  return ids;
}

std::vector<int32_t> anticipated(std::span<const int32_t> events,
                                 std::span<const int32_t> controls) {
  std::vector<int32_t> ids;
  size_t next = 0;
  int32_t time = 0;
  for (size_t i = 0; i + 3 <= events.size(); i += 3) {
    while (next + 3 <= controls.size() &&
           time >= controls[next] - triplet::kControl - triplet::kAnticipation) {
      ids.insert(ids.end(), controls.begin() + static_cast<std::ptrdiff_t>(next),
                 controls.begin() + static_cast<std::ptrdiff_t>(next) + 3);
      next += 3;
    }
    time = events[i];
    ids.insert(ids.end(), events.begin() + static_cast<std::ptrdiff_t>(i),
               events.begin() + static_cast<std::ptrdiff_t>(i) + 3);
  }
  ids.insert(ids.end(), controls.begin() + static_cast<std::ptrdiff_t>(next), controls.end());
  return ids;
}

std::vector<TimedNote> decode_triplets(std::span<const int32_t> ids) {
  std::vector<TimedNote> notes;
  int64_t origin = 0;
  int64_t end = 0;
  size_t i = 0;
  while (i < ids.size()) {
    if (ids[i] >= triplet::kSeparator) {  // one of the three flags, which stand alone
      if (ids[i] == triplet::kSeparator) origin = end;
      ++i;
      continue;
    }
    if (i + 3 > ids.size()) break;
    const auto plain = [](int32_t id) {
      return id >= triplet::kControl ? id - triplet::kControl : id;
    };
    const int32_t time = plain(ids[i]);
    const int32_t length = plain(ids[i + 1]) - triplet::kDuration;
    const int32_t note = plain(ids[i + 2]) - triplet::kNote;
    i += 3;
    if (time < 0 || time >= triplet::kTimes || length < 0 || length >= triplet::kDurations ||
        note < 0 || note >= triplet::kNotes) {
      continue;
    }
    notes.push_back({.onset = origin + time,
                     .duration = length,
                     .instrument = note / 128,
                     .pitch = note % 128,
                     .velocity = triplet::kVelocity});
    end = std::max(end, origin + time + length);
  }
  std::ranges::stable_sort(notes, {}, &TimedNote::onset);
  return notes;
}

}  // namespace motet::tokens
