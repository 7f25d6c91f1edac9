// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/score.h"

namespace motet::midi {

/// Statuses of a Standard MIDI File that name themselves at the place of use.
constexpr uint8_t kNoteOff = 0x80;
constexpr uint8_t kNoteOn = 0x90;
constexpr uint8_t kKeyPressure = 0xA0;
constexpr uint8_t kController = 0xB0;
constexpr uint8_t kProgram = 0xC0;
constexpr uint8_t kChannelPressure = 0xD0;
constexpr uint8_t kPitchBend = 0xE0;
constexpr uint8_t kSysex = 0xF0;
constexpr uint8_t kEscape = 0xF7;
constexpr uint8_t kMeta = 0xFF;

/// Types of meta events.
constexpr uint8_t kText = 0x01;
constexpr uint8_t kTrackName = 0x03;
constexpr uint8_t kLyric = 0x05;
constexpr uint8_t kMarker = 0x06;
constexpr uint8_t kCuePoint = 0x07;
constexpr uint8_t kPort = 0x21;
constexpr uint8_t kEndOfTrack = 0x2F;
constexpr uint8_t kTempo = 0x51;
constexpr uint8_t kMetre = 0x58;
constexpr uint8_t kKey = 0x59;

/// How a chord symbol and the composer are marked among the text events that Motet writes.
constexpr std::string_view kChordMark = "chord: ";
constexpr std::string_view kComposerMark = "composer: ";

constexpr uint8_t kDrumChannel = 9;  ///< 0-based; musicians call it 10
constexpr uint32_t kLongestDelta = 0x0FFF'FFFF;
/// No music is longer; beyond it, sums of ticks could leave what arithmetic holds.
constexpr int64_t kLastTick = int64_t{1} << 40;

/// One event of a track, as the file has it. `data` looks into the file's bytes.
struct Event {
  Ticks at;
  size_t byte = 0;        ///< where it begins in the file
  uint8_t status = 0;     ///< with the channel in its low four bits when below 0xF0
  uint8_t meta_type = 0;  ///< when status is kMeta
  uint8_t first = 0;      ///< first data byte of a channel event
  uint8_t second = 0;
  ByteView data;  ///< of a meta or system exclusive event

  uint8_t kind() const { return status < 0xF0 ? static_cast<uint8_t>(status & 0xF0) : status; }
  uint8_t channel() const { return static_cast<uint8_t>(status & 0x0F); }
};

/// Where the events of a track lie in the file.
struct Track {
  size_t begin = 0;
  size_t end = 0;
};

struct File {
  ByteView bytes;
  int format = 1;
  int division = 480;  ///< as in the header: bit 15 set means SMPTE frames
  std::vector<Track> tracks;
  std::vector<std::string> mended;
  std::optional<Error> first_failure;  ///< of a track that is cut short
};

/// Finds the tracks. Throws Error(kInvalidFile) when there is no header to rely on; what is wrong
/// further on is told in `mended`.
File parse(ByteView bytes);

/// The track chunk that begins at byte `at`; nothing when none does.
std::optional<Track> track_at(ByteView bytes, size_t at);

/// "MIDI: byte 22: expected a status byte, found 0x3C"
Error failure(size_t byte, const std::string& expected, const std::string& found);
std::string at_byte(size_t byte);
std::string hex(uint8_t byte);

}  // namespace motet::midi
