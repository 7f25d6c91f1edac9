// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "motet/tokens/timed_notes.h"

namespace motet::tokens {

/// The vocabulary of Aria's absolute-time tokenizer, 17,727 ids: five specials and <T>, 33 prefixes
/// (11 instruments, 12 composers, 8 forms, 2 genres), notes (10 instrument classes x 128 pitches x
/// 13 velocities), 47 drums, 501 durations, 500 onsets. A melodic note is (note, onset, duration),
/// a drum (drum, onset); <T> begins the next segment of five seconds. Source: the public rules and
/// configuration of the Aria tokenizer, EleutherAI, 2024.
namespace aria {
inline constexpr int kBegin = 0;  ///< <S>; then <E> <P> <U> <D> <T>
inline constexpr int kEnd = 1;
inline constexpr int kDim = 4;  ///< "the end is near"
inline constexpr int kSegment = 5;
inline constexpr int kPrefix = 6;  ///< + class of instrument; 10 is drums
inline constexpr int kClasses = 10;
inline constexpr int kVelocities = 13;  ///< 0, 10 .. 120
inline constexpr int kVelocityStep = 10;
inline constexpr int kNote = 39;  ///< + (class * 128 + pitch) * 13 + velocity bin
inline constexpr int kDrum = kNote + kClasses * 128 * kVelocities;  ///< + pitch - 35
inline constexpr int kFirstDrum = 35;
inline constexpr int kDrums = 47;
inline constexpr int kDuration = kDrum + kDrums;  ///< + steps of 10 ms, 0..500
inline constexpr int kDurations = 501;
inline constexpr int kOnset = kDuration + kDurations;  ///< + steps of 10 ms, 0..499
inline constexpr int kSegmentSteps = 500;
inline constexpr int kVocabulary = kOnset + kSegmentSteps;
inline constexpr int kDrumVelocity = 60;

/// 0..9, or -1 for the six groups of General MIDI programs that Aria leaves out (chromatic
/// percussion, synthesizer pads and effects, ethnic, percussive, sound effects).
int class_of(int program);
int program_of(int instrument_class);
}  // namespace aria

/// The prefix of a piece: its instruments in the order of the vocabulary, then <S>.
std::vector<int32_t> encode_aria_prefix(std::span<const TimedNote> notes);

/// Notes, times from `origin`, without prefix and end. Notes before it, of instruments that are
/// left out, and drums outside 35..81 have no ids. `segment` is the segment that was last begun,
/// and is moved on: a further call goes on from there.
std::vector<int32_t> encode_aria_notes(std::span<const TimedNote> notes, int64_t origin,
                                       int64_t& segment);

/// Prefix, notes from the first onset, <E>.
std::vector<int32_t> encode_aria(std::span<const TimedNote> notes);

/// Makes the best of any ids: what is no note is passed over.
std::vector<TimedNote> decode_aria(std::span<const int32_t> ids);

}  // namespace motet::tokens
