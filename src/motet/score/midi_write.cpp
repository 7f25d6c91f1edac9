// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>

#include "motet/score/midi.h"
#include "motet/score/midi_parse.h"

namespace motet {
namespace {

using namespace midi;  // the names of statuses and meta events

constexpr int64_t kLongestQuarter = 0xFF'FFFF;  // microseconds that fit into three bytes

/// What comes first among events of the same tick: ends before beginnings, and what shapes a
/// note's sound before the note.
enum class Turn : uint8_t { kName, kOff, kControl, kProgram, kRaw, kText, kOn };

/// An event that waits to be written.
struct Entry {
  Ticks at;
  Turn turn = Turn::kControl;
  Bytes bytes;
};

void put_big_endian(Bytes& out, uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

void put_quantity(Bytes& out, uint32_t value) {
  assert(value <= kLongestDelta);
  for (int shift = 21; shift > 0; shift -= 7) {
    if (value >> shift != 0) out.push_back(static_cast<uint8_t>(0x80U | (value >> shift & 0x7FU)));
  }
  out.push_back(static_cast<uint8_t>(value & 0x7FU));
}

Bytes meta_event(uint8_t type, ByteView data) {
  Bytes bytes = {kMeta, type};
  put_quantity(bytes, static_cast<uint32_t>(data.size()));
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

Bytes text_event(uint8_t type, std::string_view text) {
  return meta_event(type, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Bytes raw_event(const RawEvent& raw) {
  if (raw.status == kMeta) return meta_event(raw.meta_type, raw.data);
  Bytes bytes = {raw.status};
  put_quantity(bytes, static_cast<uint32_t>(raw.data.size()));
  bytes.insert(bytes.end(), raw.data.begin(), raw.data.end());
  return bytes;
}

Bytes control_event(const Control& control, uint8_t channel) {
  const auto value = static_cast<uint8_t>(std::clamp<int>(control.value, 0, 127));
  switch (control.kind) {
    case ControlKind::kController:
      return {static_cast<uint8_t>(kController | channel), control.number, value};
    case ControlKind::kProgram:
      return {static_cast<uint8_t>(kProgram | channel), value};
    case ControlKind::kChannelPressure:
      return {static_cast<uint8_t>(kChannelPressure | channel), value};
    case ControlKind::kKeyPressure:
      return {static_cast<uint8_t>(kKeyPressure | channel), control.number, value};
    case ControlKind::kPitchBend:
      break;
  }
  constexpr int kCentre = 8192;
  const int bend = std::clamp(control.value + kCentre, 0, 2 * kCentre - 1);
  return {static_cast<uint8_t>(kPitchBend | channel), static_cast<uint8_t>(bend & 0x7F),
          static_cast<uint8_t>(bend >> 7)};
}

/// Writes the entries as one track chunk, in order of time and turn.
void put_track(Bytes& out, std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at < b.at : a.turn < b.turn;
  });
  out.insert(out.end(), {'M', 'T', 'r', 'k'});
  const size_t length_at = out.size();
  put_big_endian(out, 0, 4);
  Ticks now;
  for (const Entry& entry : entries) {
    int64_t delta = std::max<int64_t>(0, (entry.at - now).value);
    for (; delta > kLongestDelta; delta -= kLongestDelta) {
      put_quantity(out, kLongestDelta);
      out.insert(out.end(), {kMeta, kText, 0});  // an empty text, only to let time pass
    }
    put_quantity(out, static_cast<uint32_t>(delta));
    out.insert(out.end(), entry.bytes.begin(), entry.bytes.end());
    now = std::max(now, entry.at);
  }
  out.insert(out.end(), {0, kMeta, kEndOfTrack, 0});
  const auto length = static_cast<uint32_t>(out.size() - length_at - 4);
  for (int i = 0; i < 4; ++i) {
    out[length_at + static_cast<size_t>(i)] = static_cast<uint8_t>(length >> (24 - 8 * i));
  }
}

Bytes tempo_event(const TempoChange& tempo) {
  const double exact = kMicrosecondsPerMinute / tempo.quarters_per_minute;
  const auto quarter =
      static_cast<uint32_t>(std::clamp<int64_t>(std::llround(exact), 1, kLongestQuarter));
  Bytes data;
  put_big_endian(data, quarter, 3);
  return meta_event(kTempo, data);
}

Bytes metre_event(const MetreChange& metre) {
  constexpr uint8_t kClocksPerClick = 24;
  constexpr uint8_t kThirtySecondsPerQuarter = 8;
  const auto power = static_cast<uint8_t>(std::lround(std::log2(metre.denominator)));
  return meta_event(kMetre, Bytes{static_cast<uint8_t>(metre.numerator), power, kClocksPerClick,
                                  kThirtySecondsPerQuarter});
}

Bytes key_event(const KeyChange& key) {
  return meta_event(kKey, Bytes{static_cast<uint8_t>(key.fifths),
                                static_cast<uint8_t>(key.mode == Mode::kMinor ? 1 : 0)});
}

std::vector<Entry> conductor_of(const Score& score) {
  std::vector<Entry> entries;
  if (!score.title.empty()) {
    entries.push_back({{}, Turn::kName, text_event(kTrackName, score.title)});
  }
  if (!score.composer.empty()) {
    const std::string text = std::string(kComposerMark) + score.composer;
    entries.push_back({{}, Turn::kName, text_event(kText, text)});
  }
  for (const auto& tempo : score.tempos) {
    entries.push_back({tempo.at, Turn::kControl, tempo_event(tempo)});
  }
  for (const auto& metre : score.metres) {
    entries.push_back({metre.at, Turn::kControl, metre_event(metre)});
  }
  for (const auto& key : score.keys) entries.push_back({key.at, Turn::kControl, key_event(key)});
  for (const auto& chord : score.chords) {
    const std::string text = std::string(kChordMark) + chord.text;
    entries.push_back({chord.at, Turn::kText, text_event(kText, text)});
  }
  for (const auto& marker : score.markers) {
    entries.push_back({marker.at, Turn::kText, text_event(kMarker, marker.text)});
  }
  return entries;
}

/// The program change that begins a part stands at 0, or after the bank select that precedes the
/// first note, because a bank counts from the next program change on.
Ticks program_place(const Part& part) {
  constexpr uint8_t kBankSelect = 0;
  constexpr uint8_t kBankSelectFine = 32;
  Ticks first_note = part.notes.empty() ? Ticks{} : part.notes.front().onset;
  for (const Note& note : part.notes) first_note = std::min(first_note, note.onset);
  Ticks place;
  for (const Control& control : part.controls) {
    const bool is_bank = control.kind == ControlKind::kController &&
                         (control.number == kBankSelect || control.number == kBankSelectFine);
    if (is_bank && control.at <= first_note) place = std::max(place, control.at);
  }
  return place;
}

void add_notes(const Part& part, uint8_t channel, std::vector<Entry>& entries) {
  constexpr uint8_t kReleaseVelocity = 64;
  const auto on = static_cast<uint8_t>(kNoteOn | channel);
  const auto off = static_cast<uint8_t>(kNoteOff | channel);
  for (const Note& note : part.notes) {
    const auto velocity = std::clamp<uint8_t>(note.velocity, 1, 127);
    const auto pitch = static_cast<uint8_t>(note.pitch & 127);
    entries.push_back({note.onset, Turn::kOn, {on, pitch, velocity}});
    entries.push_back({note.onset + note.duration, Turn::kOff, {off, pitch, kReleaseVelocity}});
  }
}

std::vector<Entry> track_of(const Part& part, uint8_t channel) {
  std::vector<Entry> entries;
  if (!part.name.empty()) {
    entries.push_back({{}, Turn::kName, text_event(kTrackName, part.name)});
  }
  for (const Control& control : part.controls) {
    entries.push_back({control.at, Turn::kControl, control_event(control, channel)});
  }
  const auto status = static_cast<uint8_t>(kProgram | channel);
  entries.push_back(
      {program_place(part), Turn::kProgram, {status, static_cast<uint8_t>(part.program & 127)}});
  for (const RawEvent& raw : part.raw) entries.push_back({raw.at, Turn::kRaw, raw_event(raw)});
  for (const Lyric& lyric : part.lyrics) {
    if (lyric.verse != 1) continue;  // a MIDI file has no verses
    const bool goes_on = lyric.syllabic == Syllabic::kBegin || lyric.syllabic == Syllabic::kMiddle;
    entries.push_back(
        {lyric.at, Turn::kText, text_event(kLyric, lyric.text + (goes_on ? "-" : ""))});
  }
  add_notes(part, channel, entries);
  return entries;
}

/// A channel for every part: its own while there are any, then that of a part of its program, and
/// at last the channels in turn.
std::vector<uint8_t> channels_of(const std::vector<Part>& parts) {
  constexpr size_t kMelodicChannels = 15;
  std::vector<uint8_t> channels;
  std::map<uint8_t, uint8_t> of_program;
  size_t used = 0;
  for (const Part& part : parts) {
    if (part.is_drums) {
      channels.push_back(kDrumChannel);
      continue;
    }
    const auto shared = of_program.find(part.program);
    const bool share = used >= kMelodicChannels && shared != of_program.end();
    const size_t free = used % kMelodicChannels;
    const auto fresh = static_cast<uint8_t>(free < kDrumChannel ? free : free + 1);
    channels.push_back(share ? shared->second : fresh);
    if (!share) ++used;
    of_program.emplace(part.program, channels.back());
  }
  return channels;
}

}  // namespace

Bytes write_midi(const Score& score) {
  constexpr uint32_t kHeaderLength = 6;
  constexpr uint32_t kFormat = 1;
  Bytes out = {'M', 'T', 'h', 'd'};
  put_big_endian(out, kHeaderLength, 4);
  put_big_endian(out, kFormat, 2);
  put_big_endian(out, static_cast<uint32_t>(std::min<size_t>(score.parts.size() + 1, 0xFFFF)), 2);
  put_big_endian(out, static_cast<uint32_t>(std::clamp(score.ticks_per_quarter, 1, 0x7FFF)), 2);
  put_track(out, conductor_of(score));
  const std::vector<uint8_t> channels = channels_of(score.parts);
  for (size_t i = 0; i < score.parts.size(); ++i) {
    put_track(out, track_of(score.parts[i], channels[i]));
  }
  return out;
}

}  // namespace motet
