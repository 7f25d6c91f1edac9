// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "motet/score/score.h"

namespace motet::tokens {

/// The vocabulary of SkyTNT's midi-model, version 2: 3,406 ids. A piece is a list of events of up
/// to eight tokens: the kind, time1 (whole quarters since the event before), time2 (sixteenths of a
/// quarter within its quarter), the track, and what the kind has; the rest is padding.
/// Source: the public rules of midi_tokenizer.py, SkyTNT, 2024.
namespace midi_event {
inline constexpr int kWidth = 8;
inline constexpr int kPad = 0, kBegin = 1, kEnd = 2, kFirstKind = 3, kKinds = 6;
inline constexpr int kStepsPerQuarter = 16;

enum Kind : int { kNote, kPatch, kControl, kTempo, kMetre, kKey };

/// A parameter of events: its first id and how many values it has.
struct Parameter {
  int first;
  int count;
};
inline constexpr Parameter kTime1{9, 128}, kTime2{137, 16}, kDuration{153, 2048}, kTrack{2201, 128},
    kChannel{2329, 16}, kPitch{2345, 128}, kVelocity{2473, 128}, kProgram{2601, 128},
    kController{2729, 128}, kValue{2857, 128}, kBpm{2985, 384}, kNumerator{3369, 16},
    kDenominator{3385, 4}, kFifths{3389, 15}, kMode{3404, 2};
inline constexpr int kVocabulary = 3406;
inline constexpr int kDrumChannel = 9;

/// What follows the kind, in order.
std::span<const Parameter> parameters_of(Kind kind);
}  // namespace midi_event

using MidiEvent = std::array<int32_t, midi_event::kWidth>;

/// Where a part stands among channels: parts in order take 0..15 without 9, which drums share;
/// beyond fifteen they share again.
int channel_of_part(const Score& score, size_t part);

/// Metre, key and tempo on track 0; then for each part, on a track of its own, its program,
/// controllers (where they move by at least 4) and notes. Times are rounded to 1/16 of a quarter;
/// of two notes of one channel and pitch, the first ends where the second begins. No bar lines.
/// With `framed`, the event of kBegin before, and that of kEnd behind.
std::vector<MidiEvent> encode_midi_events(const Score& score, bool framed);

/// The track and the channel on which encode_midi_events has the notes of a part.
struct EventPlace {
  int track = 0;
  int channel = 0;
  auto operator<=>(const EventPlace&) const = default;
};
EventPlace place_of_part(const Score& score, size_t part);

/// The whole quarter in which the last event of encode_midi_events(score) stands; 0 where it has
/// none.
int64_t last_event_quarter(const Score& score);

/// Puts further events into a score, times counted on from a whole quarter. Notes go to the part
/// that has their place, or to a new one. The score's ticks per quarter are a multiple of
/// kStepsPerQuarter. Makes the best of any events, as decode_midi_events does.
void append_midi_events(Score& score, int64_t quarter, std::span<const MidiEvent> events);

/// Makes the best of any events; one that lacks a parameter is left out. 480 ticks a quarter.
Score decode_midi_events(std::span<const MidiEvent> events);

}  // namespace motet::tokens
