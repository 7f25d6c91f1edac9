// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/file.h"
#include "motet/score/repeats.h"

namespace motet {

enum class Format { kMidi, kAbc, kMusicXml, kCompressedMusicXml, kKern };

/// "MIDI", "ABC", "MusicXML", "compressed MusicXML", "kern".
std::string_view name_of(Format format);

/// What a file of this format is called after its stem: ".mid", ".abc", ".musicxml", ...
std::string_view extension_of(Format format);

/// The format of "mid", ".MID", "xml", "krn"; nothing for other names.
std::optional<Format> format_of_extension(std::string_view extension);

/// The format that the first bytes show; nothing when they show none.
std::optional<Format> format_of_content(ByteView bytes);

/// Whether the format can say repeats instead of playing them out.
bool can_say_repeats(Format format);

/// One piece of a file.
struct Piece {
  int number = 1;  ///< of a tune: its X: field
  Reading reading;
  std::vector<std::string> unkept;  ///< what a score has no place for: "field H:"
};

/// What a file holds: one piece, or the tunes of a book.
struct Book {
  Format format = Format::kMidi;
  std::vector<Piece> pieces;
  std::vector<std::string> refused;  ///< tunes that could not be read: a sentence each
};

/// Reads any format that Motet knows, told by its content and then by the extension of `name`.
///
/// throws  Error(kInvalidFile) with the place when nothing can be read, or what the bytes seem to
/// be
Book read_any(ByteView bytes, const std::filesystem::path& name, Repeats repeats);
Book read_any(const std::filesystem::path& path, Repeats repeats);

/// Markers that are chord symbols become such where the format is a page.
/// Throws Error as the writer of the format does.
Bytes write_any(const Score& score, Format format);

/// The same, into a file; a long page goes there piece by piece. Throws as write_file does, too.
void write_any(const Score& score, Format format, const std::filesystem::path& path);

/// So many things of a kind that a format has no place for.
struct Loss {
  size_t count = 0;
  std::string one;   ///< "slur"
  std::string many;  ///< "slurs"
};

/// "1 slur", "12 slurs".
std::string to_text(const Loss& loss);

/// What the score holds that the format has no place for. Repeats count where the format cannot
/// say them. Empty where nothing is lost.
std::vector<Loss> losses(const Score& score, Format format);

}  // namespace motet
