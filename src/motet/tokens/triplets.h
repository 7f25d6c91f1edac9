// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/tokens/timed_notes.h"

namespace motet::tokens {

/// The vocabulary of arrival-time triplets (time, duration, note). MIDI-LLM has it behind the
/// 128,256 ids of LLaMA 3. Source: Thickstun, Hall, Donahue and Liang, "Anticipatory Music
/// Transformer", 2023, section 3 and the constants of its public code.
namespace triplet {
inline constexpr int kTimes = 10'000;     ///< ids 0..9999: steps of 10 ms
inline constexpr int kDurations = 1'000;  ///< ids from 10000: steps of 10 ms
inline constexpr int kDuration = kTimes;
inline constexpr int kNote = kDuration + kDurations;  ///< + 128 instrument + pitch
inline constexpr int kNotes = 129 * 128;
inline constexpr int kRest = kNote + kNotes;  ///< in place of a note: nothing for a second
inline constexpr int kControl = kRest + 1;  ///< added to a triplet: it is given, not to be written
inline constexpr int kSeparator = kControl + kNotes + kDurations + kTimes;
inline constexpr int kAutoregress = kSeparator + 1;  ///< first token where nothing is given
inline constexpr int kAnticipate = kSeparator + 2;   ///< first token where controls are given
inline constexpr int kVocabulary = kSeparator + 3;
inline constexpr int kAnticipation = 500;  ///< steps that a control comes ahead of its time
inline constexpr int kRestDensity = 100;   ///< steps: a rest stands after each without an onset
inline constexpr int kVelocity = 72;       ///< triplets know none
}  // namespace triplet

/// Notes as triplets, three ids each, times counted from `origin`; after each second without an
/// onset, up to `until`, a rest. Durations are cut at 9.99 s. Notes before `origin`, or 100 s and
/// more after it, are left out.
std::vector<int32_t> encode_triplets(std::span<const TimedNote> notes, int64_t origin,
                                     int64_t until);

/// The same triplets as controls.
std::vector<int32_t> as_controls(std::span<const int32_t> triplets);

/// Sets every control before the first event that comes later than kAnticipation before it. Both
/// by time.
std::vector<int32_t> anticipated(std::span<const int32_t> events,
                                 std::span<const int32_t> controls);

/// The notes of triplets, events and controls alike; rests and the first token are passed over; a
/// separator begins a piece behind the end of the one before. Makes the best of any ids: a triplet
/// that is none is left out.
std::vector<TimedNote> decode_triplets(std::span<const int32_t> ids);

}  // namespace motet::tokens
