// SPDX-License-Identifier: Apache-2.0
#include "motet/score/formats.h"

#include <algorithm>
#include <cctype>

#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "motet/score/abc_write.h"
#include "motet/score/engrave.h"
#include "motet/score/kern.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "motet/score/utf8.h"

namespace motet {
namespace {

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

bool has_line_with(std::string_view text, std::string_view start) {
  for (size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    if (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r') return true;
  }
  return false;
}

Book read_tunes(ByteView bytes, Repeats repeats) {
  AbcFile file = read_abc(as_text(bytes), repeats);
  Book book{Format::kAbc, {}, {}};
  for (AbcTune& tune : file.tunes) {
    book.pieces.push_back({tune.number, std::move(tune.reading), std::move(tune.unkept)});
  }
  for (const AbcRefusal& refusal : file.refused) {
    book.refused.push_back("tune X:" + std::to_string(refusal.number) + ": " + refusal.reason);
  }
  if (book.pieces.empty()) throw Error(ErrorCode::kInvalidFile, file.refused.front().reason);
  return book;
}

std::vector<Reading> one(Reading reading) {
  std::vector<Reading> readings;
  readings.push_back(std::move(reading));
  return readings;
}

Book book_of(Format format, std::vector<Reading> readings, Repeats repeats) {
  Book book{format, {}, {}};
  int number = 0;
  for (Reading& reading : readings) {
    if (repeats == Repeats::kPlayed) reading.score = unfolded(reading.score);
    book.pieces.push_back({++number, std::move(reading), {}});
  }
  return book;
}

}  // namespace

std::string_view name_of(Format format) {
  switch (format) {
    case Format::kMidi:
      return "MIDI";
    case Format::kAbc:
      return "ABC";
    case Format::kMusicXml:
      return "MusicXML";
    case Format::kCompressedMusicXml:
      return "compressed MusicXML";
    case Format::kKern:
      return "kern";
  }
  return "";
}

std::string_view extension_of(Format format) {
  switch (format) {
    case Format::kMidi:
      return ".mid";
    case Format::kAbc:
      return ".abc";
    case Format::kMusicXml:
      return ".musicxml";
    case Format::kCompressedMusicXml:
      return ".mxl";
    case Format::kKern:
      return ".krn";
  }
  return "";
}

std::optional<Format> format_of_extension(std::string_view extension) {
  std::string low;
  for (const char c : extension) {
    if (c != '.' || !low.empty()) {
      low += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (low == "mid" || low == "midi" || low == "kar" || low == "rmi" || low == "smf") {
    return Format::kMidi;
  }
  if (low == "abc") return Format::kAbc;
  if (low == "musicxml" || low == "xml") return Format::kMusicXml;
  if (low == "mxl") return Format::kCompressedMusicXml;
  if (low == "krn" || low == "kern") return Format::kKern;
  return std::nullopt;
}

std::optional<Format> format_of_content(ByteView bytes) {
  constexpr size_t kLook = size_t{1} << 16;
  const std::string plain = without_mark(bytes.first(std::min(kLook, bytes.size())));
  const std::string_view text = plain;
  if (text.starts_with("MThd") ||
      (text.starts_with("RIFF") && text.substr(8).starts_with("RMID"))) {
    return Format::kMidi;
  }
  if (text.starts_with("PK\x03\x04")) return Format::kCompressedMusicXml;
  // UTF-16 without a mark is told by the zero byte of its '<'.
  const size_t first = text.find_first_not_of(std::string_view(" \t\r\n\0", 5));
  const bool is_xml = first != std::string_view::npos && text[first] == '<';
  if (is_xml) return Format::kMusicXml;
  if (has_line_with(text, "**")) return Format::kKern;
  if (has_line_with(text, "X:")) return Format::kAbc;
  return std::nullopt;
}

bool can_say_repeats(Format format) { return format != Format::kMidi; }

Book read_any(ByteView bytes, const std::filesystem::path& name, Repeats repeats) {
  const auto shown = format_of_content(bytes);
  const auto claimed = format_of_extension(name.extension().string());
  if (!shown && !claimed) {
    throw Error(ErrorCode::kInvalidFile,
                "expected MIDI, MusicXML, ABC or kern, found " +
                    std::string(bytes.empty() ? "an empty file" : "none of them"));
  }
  const Format format = shown ? *shown : *claimed;
  switch (format) {
    case Format::kMidi:
      return book_of(format, read_midi_patterns(bytes), repeats);
    case Format::kAbc:
      return read_tunes(bytes, repeats);
    case Format::kMusicXml:
    case Format::kCompressedMusicXml:
      return book_of(format, one(read_musicxml(bytes)), repeats);
    case Format::kKern:
      return book_of(format, read_kern_segments(bytes), repeats);
  }
  throw Error(ErrorCode::kInvalidArgument, "a format that is none");
}

Book read_any(const std::filesystem::path& path, Repeats repeats) {
  const Bytes bytes = read_file(path);
  try {
    return read_any(bytes, path, repeats);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

Bytes write_any(const Score& score, Format format) {
  switch (format) {
    case Format::kMidi:
      return write_midi(score);
    case Format::kAbc:
      return bytes_of(write_abc(with_chords_of_markers(score)));
    case Format::kMusicXml:
      return bytes_of(write_musicxml(with_chords_of_markers(score)));
    case Format::kCompressedMusicXml:
      return write_mxl(with_chords_of_markers(score));
    case Format::kKern:
      return bytes_of(write_kern(with_chords_of_markers(score)));
  }
  throw Error(ErrorCode::kInvalidArgument, "a format that is none");
}

void write_any(const Score& score, Format format, const std::filesystem::path& path) {
  if (format != Format::kMusicXml) return write_file(path, write_any(score, format));
  FileWriter file(path);
  write_musicxml(score, [&](std::string_view piece) { file.add(piece); });
  file.finish();
}

}  // namespace motet
