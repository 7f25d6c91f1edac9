// SPDX-License-Identifier: Apache-2.0
#include "motet/score/midi_parse.h"

#include <algorithm>
#include <cstdio>

#include "motet/score/midi_track.h"

namespace motet::midi {

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

namespace {

/// Four letters of a chunk for a message; other bytes become dots.
std::string printable(ByteView bytes) {
  std::string text = "\"";
  for (const uint8_t byte : bytes) {
    text += byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.';
  }
  return text + "\"";
}

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

constexpr size_t kChunkHead = 8;

/// Where the letters stand in the first `limit` bytes from `at` on; bytes.size() where they do not.
size_t find_letters(ByteView bytes, size_t at, size_t limit, std::string_view letters) {
  const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + limit));
  const auto found =
      std::search(bytes.begin() + static_cast<std::ptrdiff_t>(at), end, letters.begin(),
                  letters.end(), [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  return found == end ? bytes.size() : static_cast<size_t>(found - bytes.begin());
}

/// Where the Standard MIDI File lies inside `bytes`: a RIFF file of type RMID wraps it, and some
/// have foreign bytes in front. Source: RP-029, "Bundling SMF and DLS data in an RMID file", MMA,
/// 2000.
size_t find_header(ByteView bytes, std::vector<std::string>& mended) {
  if (bytes.empty()) throw failure(0, "\"MThd\"", "an empty file");
  const bool is_riff =
      begins_with(bytes, "RIFF") && bytes.size() >= 12 && begins_with(bytes.subspan(8), "RMID");
  if (!is_riff) {
    constexpr size_t kMostGarbage = 4096;
    const size_t at = find_letters(bytes, 0, kMostGarbage, "MThd");
    if (at == bytes.size()) return 0;
    if (at > 0) {
      mended.push_back("byte 0: left out " + std::to_string(at) + " bytes before \"MThd\"");
    }
    return at;
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
  const size_t begin = find_header(bytes, mended);
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

}  // namespace

std::optional<Track> track_at(ByteView bytes, size_t at) {
  if (bytes.size() - at < kChunkHead || !begins_with(bytes.subspan(at), "MTrk")) {
    return std::nullopt;
  }
  const size_t length = big_endian(bytes.subspan(at + 4, 4));
  const size_t begin = at + kChunkHead;
  return Track{begin, begin + std::min(length, bytes.size() - begin)};
}

namespace {

/// The type of a chunk is four letters; anything else means that the chunk before it is longer than
/// it says.
bool is_chunk_type(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 4,
                     [](uint8_t byte) { return byte >= 0x20 && byte < 0x7F; });
}

/// Whether the bytes end with the event that ends a track.
bool ends_track(ByteView bytes) {
  constexpr size_t kEvent = 3;
  return bytes.size() >= kEvent && bytes[bytes.size() - 3] == kMeta &&
         bytes[bytes.size() - 2] == kEndOfTrack && bytes[bytes.size() - 1] == 0;
}

/// Adds the track chunk at `at`, or passes over another chunk; where the next one begins.
size_t read_chunk(ByteView bytes, size_t at, File& file) {
  const size_t length = big_endian(bytes.subspan(at + 4, 4));
  const size_t begin = at + kChunkHead;
  const size_t left = bytes.size() - begin;
  size_t end = begin + std::min(length, left);
  const auto track = track_at(bytes, at);
  if (!track) {
    file.mended.push_back(at_byte(at) + ": left out the chunk " + printable(bytes.subspan(at, 4)));
    return end;
  }
  if (length > left) {
    file.mended.push_back(at_byte(at + 4) + ": the track claims " + std::to_string(length) +
                          " bytes, but " + std::to_string(left) + " are left");
  } else if (bytes.size() - end >= kChunkHead && !is_chunk_type(bytes.subspan(end))) {
    const size_t next = find_letters(bytes, end, bytes.size(), "MTrk");
    if (ends_track(bytes.subspan(begin, end - begin))) {
      file.mended.push_back(at_byte(end) + ": left out " + std::to_string(next - end) +
                            " bytes between chunks");
      file.tracks.push_back({begin, end});
      return next;
    }
    file.mended.push_back(at_byte(at + 4) + ": the track claims " + std::to_string(length) +
                          " bytes, but the next one begins after " + std::to_string(next - begin));
    end = next;
  }
  file.tracks.push_back({begin, end});
  return end;
}

}  // namespace

File parse(ByteView bytes) {
  File file;
  file.bytes = bytes;
  const Header header = read_header(bytes, file.mended);
  file.format = header.format;
  file.division = header.division;
  size_t at = header.end;
  while (bytes.size() - at >= kChunkHead) at = read_chunk(bytes, at, file);
  if (at < bytes.size()) {
    file.mended.push_back(at_byte(at) + ": left out " + std::to_string(bytes.size() - at) +
                          " bytes after the last chunk");
  }
  if (static_cast<int>(file.tracks.size()) != header.tracks) {
    file.mended.push_back(at_byte(header.end) + ": expected " + std::to_string(header.tracks) +
                          " tracks, found " + std::to_string(file.tracks.size()));
  }
  if (file.tracks.empty()) {
    file.first_failure =
        failure(header.end, "\"MTrk\"", at < bytes.size() ? "no track" : "the end");
  }
  return file;
}

}  // namespace motet::midi
