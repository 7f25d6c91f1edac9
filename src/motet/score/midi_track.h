// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "motet/score/midi_parse.h"

namespace motet::midi {

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

/// Walks over the events of one track and hands each to `sink(const Event&)`, in the order of the
/// file, so by time. Nothing is stored, so that reading a file takes one pass.
template <typename Sink>
class TrackReader {
 public:
  TrackReader(Cursor cursor, std::vector<std::string>& mended, Sink& sink)
      : cursor_(cursor), mended_(mended), sink_(sink) {}

  /// Throws where the track stops making sense; what was read before has reached the sink.
  void read() {
    while (!cursor_.done()) {
      const uint32_t delta = cursor_.quantity("a delta time");
      if (now_.value + delta > kLastTick) {
        throw failure(cursor_.at(), "a time below 2^40 ticks", "a later one");
      }
      now_ += Ticks{delta};
      if (!read_event()) return;
    }
    mended_.push_back(at_byte(cursor_.at()) + ": the track has no end; ended it there");
  }

  /// Where the track ended.
  size_t at() const { return cursor_.at(); }

  /// The time of the last event read.
  Ticks now() const { return now_; }

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
      sink_(Event{now_, begin, status, 0, 0, 0, data});
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
    Event event{now_, begin, status, 0, cursor_.data_byte(), 0, {}};
    const bool has_second = event.kind() != kProgram && event.kind() != kChannelPressure;
    if (has_second) event.second = cursor_.data_byte();
    sink_(event);
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
    sink_(Event{now_, begin, kMeta, type, 0, 0, data});
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
  std::vector<std::string>& mended_;
  Sink& sink_;
  Ticks now_;
  uint8_t running_ = 0;
};

}  // namespace motet::midi
