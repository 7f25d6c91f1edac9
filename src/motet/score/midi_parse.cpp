// SPDX-License-Identifier: Apache-2.0
#include "motet/score/midi_parse.h"

#include <algorithm>
#include <cstdio>

namespace motet::midi {
namespace {

std::string hex(uint8_t byte) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", byte);
  return text;
}

std::string at_byte(size_t byte) { return "byte " + std::to_string(byte); }

Error failure(size_t byte, const std::string& expected, const std::string& found) {
  return {ErrorCode::kInvalidFile,
          "MIDI: " + at_byte(byte) + ": expected " + expected + ", found " + found};
}

/// Four letters of a chunk for a message; other bytes become dots.
std::string printable(ByteView bytes) {
  std::string text = "\"";
  for (const uint8_t byte : bytes) {
    text += byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.';
  }
  return text + "\"";
}

/// Reads bytes from [at, end) of the file; every refusal names the byte.
class Cursor {
 public:
  Cursor(ByteView file, size_t at, size_t end) : file_(file), at_(at), end_(end) {}

  size_t at() const { return at_; }
  bool done() const { return at_ >= end_; }
  size_t left() const { return end_ - at_; }
  uint8_t peek() const { return file_[at_]; }

  uint8_t u8(const char* expected) {
    if (done()) throw failure(at_, expected, end_ == file_.size() ? "the end" : "the chunk's end");
    return file_[at_++];
  }

  uint8_t data_byte() {
    const uint8_t byte = u8("a data byte");
    if (byte >= 0x80) throw failure(at_ - 1, "a data byte 0x00..0x7F", hex(byte));
    return byte;
  }

  /// A variable-length quantity: at most four bytes of seven bits, the highest first.
  uint32_t quantity(const char* expected) {
    const size_t begin = at_;
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const uint8_t byte = u8(expected);
      value = value << 7 | (byte & 0x7FU);
      if (byte < 0x80) return value;
    }
    throw failure(begin, std::string(expected) + " of at most four bytes", "a longer one");
  }

  ByteView take(size_t length, const char* expected) {
    if (length > left()) {
      throw failure(at_, std::to_string(length) + " bytes of " + expected, std::to_string(left()));
    }
    const ByteView taken = file_.subspan(at_, length);
    at_ += length;
    return taken;
  }

 private:
  ByteView file_;
  size_t at_;
  size_t end_;
};

uint32_t big_endian(ByteView bytes) {
  uint32_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

uint32_t little_endian(ByteView bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

bool begins_with(ByteView bytes, std::string_view letters) {
  return bytes.size() >= letters.size() &&
         std::equal(letters.begin(), letters.end(), bytes.begin(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

/// Reads the events of one track.
class TrackReader {
 public:
  TrackReader(Cursor cursor, Track& track, std::vector<std::string>& mended)
      : cursor_(cursor), track_(track), mended_(mended) {}

  /// Throws where the track stops making sense; what was read before stays in the track.
  void read() {
    while (!cursor_.done()) {
      const uint32_t delta = cursor_.quantity("a delta time");
      if (track_.end.value + delta > kLastTick) {
        throw failure(cursor_.at(), "a time below 2^40 ticks", "a later one");
      }
      track_.end += Ticks{delta};
      if (!read_event()) return;
    }
    mended_.push_back(at_byte(cursor_.at()) + ": the track has no end; ended it there");
  }

 private:
  /// False at the end of the track.
  bool read_event() {
    const size_t begin = cursor_.at();
    const uint8_t status = next_status();
    if (status < 0xF0) {
      read_channel_event(begin, status);
      return true;
    }
    if (status == kMeta) return read_meta_event(begin);
    if (status == kSysex || status == kEscape) {
      const uint32_t length = cursor_.quantity("a length");
      const ByteView data = cursor_.take(length, "system exclusive data");
      track_.events.push_back({track_.end, begin, status, 0, 0, 0, data});
      return true;
    }
    skip_system_message(begin, status);
    return true;
  }

  /// The status byte, or the running one when the event begins with data.
  uint8_t next_status() {
    if (cursor_.done()) cursor_.u8("an event");
    if (cursor_.peek() >= 0x80) {
      const uint8_t status = cursor_.u8("a status byte");
      if (status < 0xF0) running_ = status;
      // RP-001 says that meta and sysex events cancel running status, but files rely on it.
      return status;
    }
    if (running_ == 0) {
      throw failure(cursor_.at(), "a status byte 0x80..0xFF", hex(cursor_.peek()));
    }
    return running_;
  }

  void read_channel_event(size_t begin, uint8_t status) {
    Event event{track_.end, begin, status, 0, cursor_.data_byte(), 0, {}};
    const bool has_second = event.kind() != kProgram && event.kind() != kChannelPressure;
    if (has_second) event.second = cursor_.data_byte();
    track_.events.push_back(event);
  }

  bool read_meta_event(size_t begin) {
    const uint8_t type = cursor_.data_byte();
    const uint32_t length = cursor_.quantity("a length");
    if (type == kEndOfTrack) {
      if (cursor_.left() > length) {
        mended_.push_back(at_byte(begin) + ": the track ends before its chunk does; left out " +
                          std::to_string(cursor_.left() - length) + " bytes");
      }
      return false;
    }
    const ByteView data = cursor_.take(length, "a meta event");
    track_.events.push_back({track_.end, begin, kMeta, type, 0, 0, data});
    return true;
  }

  /// Messages of a MIDI cable that have no place in a file.
  void skip_system_message(size_t begin, uint8_t status) {
    constexpr uint8_t kSongPosition = 0xF2;
    const int length = status == kSongPosition ? 2 : status == 0xF1 || status == 0xF3 ? 1 : 0;
    for (int i = 0; i < length; ++i) cursor_.data_byte();
    mended_.push_back(at_byte(begin) + ": left out the system message " + hex(status));
  }

  Cursor cursor_;
  Track& track_;
  std::vector<std::string>& mended_;
  uint8_t running_ = 0;
};

constexpr size_t kChunkHead = 8;

/// Where the Standard MIDI File lies inside `bytes`: a RIFF file of type RMID wraps it.
/// Source: RP-029, "Bundling SMF and DLS data in an RMID file", MMA, 2000.
size_t find_header(ByteView bytes) {
  if (bytes.empty()) throw failure(0, "\"MThd\"", "an empty file");
  if (!begins_with(bytes, "RIFF") || bytes.size() < 12 || !begins_with(bytes.subspan(8), "RMID")) {
    return 0;
  }
  size_t at = 12;
  while (bytes.size() - at >= kChunkHead) {
    if (begins_with(bytes.subspan(at), "data")) return at + kChunkHead;
    const size_t length = little_endian(bytes.subspan(at + 4, 4));
    const size_t padded = length + (length & 1);
    if (padded > bytes.size() - at - kChunkHead) break;
    at += kChunkHead + padded;
  }
  throw failure(at, "a \"data\" chunk in the RIFF file", "the end");
}

struct Header {
  int format = 1;
  int tracks = 0;
  int division = 0;
  size_t end = 0;  ///< where the next chunk begins
};

Header read_header(ByteView bytes, std::vector<std::string>& mended) {
  const size_t begin = find_header(bytes);
  if (!begins_with(bytes.subspan(begin), "MThd")) {
    throw failure(begin, "\"MThd\"",
                  printable(bytes.subspan(begin).first(std::min<size_t>(4, bytes.size() - begin))));
  }
  Cursor cursor(bytes, begin + 4, bytes.size());
  const uint32_t length = big_endian(cursor.take(4, "the header's length"));
  constexpr uint32_t kShortestHeader = 6;
  if (length < kShortestHeader) {
    throw failure(begin + 4, "a header of at least 6 bytes", std::to_string(length));
  }
  Header header;
  header.format = static_cast<int>(big_endian(cursor.take(2, "the format")));
  header.tracks = static_cast<int>(big_endian(cursor.take(2, "the number of tracks")));
  header.division = static_cast<int>(big_endian(cursor.take(2, "the division")));
  cursor.take(length - kShortestHeader, "the header");
  header.end = cursor.at();
  if (header.format > 2) {
    mended.push_back(at_byte(begin + 8) + ": expected format 0..2, found " +
                     std::to_string(header.format) + "; read as 1");
    header.format = 1;
  }
  const bool no_time =
      header.division == 0 || (header.division >= 0x8000 && (header.division & 0xFF) == 0);
  if (no_time) throw failure(begin + 12, "a division above 0", "0");
  return header;
}

void read_track(ByteView bytes, size_t begin, size_t end, File& file) {
  Track& track = file.tracks.emplace_back();
  try {
    TrackReader(Cursor(bytes, begin, end), track, file.mended).read();
  } catch (const Error& e) {
    file.mended.push_back(std::string(e.what()) + "; ended track " +
                          std::to_string(file.tracks.size()) + " there");
    if (!file.first_failure) file.first_failure = e;
  }
}

}  // namespace

File parse(ByteView bytes) {
  File file;
  const Header header = read_header(bytes, file.mended);
  file.format = header.format;
  file.division = header.division;
  size_t at = header.end;
  while (bytes.size() - at >= kChunkHead) {
    const size_t length = big_endian(bytes.subspan(at + 4, 4));
    const size_t begin = at + kChunkHead;
    const size_t end = length > bytes.size() - begin ? bytes.size() : begin + length;
    if (begins_with(bytes.subspan(at), "MTrk")) {
      if (length > bytes.size() - begin) {
        file.mended.push_back(at_byte(at + 4) + ": the track claims " + std::to_string(length) +
                              " bytes, but " + std::to_string(bytes.size() - begin) + " are left");
      }
      read_track(bytes, begin, end, file);
    } else {
      file.mended.push_back(at_byte(at) + ": left out the chunk " +
                            printable(bytes.subspan(at, 4)));
    }
    at = end;
  }
  if (at < bytes.size()) {
    file.mended.push_back(at_byte(at) + ": left out " + std::to_string(bytes.size() - at) +
                          " bytes after the last chunk");
  }
  if (static_cast<int>(file.tracks.size()) != header.tracks) {
    file.mended.push_back(at_byte(header.end) + ": expected " + std::to_string(header.tracks) +
                          " tracks, found " + std::to_string(file.tracks.size()));
  }
  if (file.tracks.empty() && !file.first_failure) {
    file.first_failure =
        failure(header.end, "\"MTrk\"", at < bytes.size() ? "no track" : "the end");
  }
  return file;
}

}  // namespace motet::midi
