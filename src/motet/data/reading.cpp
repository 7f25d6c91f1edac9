// SPDX-License-Identifier: Apache-2.0
#include "motet/data/reading.h"

#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/score/formats.h"
#include "motet/score/midi.h"

namespace motet::data {
namespace {

/// A score's repeats are played out, as MIDI has them.
Score read_one(ByteView bytes, const std::filesystem::path& path) {
  if (format_of_content(bytes) == Format::kMidi) return read_midi(bytes).score;
  Book book = read_any(bytes, path, Repeats::kPlayed);
  const size_t tunes = book.pieces.size() + book.refused.size();
  if (tunes > 1) {
    throw Error(ErrorCode::kInvalidFile,
                path.string() + ": it is a book of " + std::to_string(tunes) +
                    " tunes, and papers are a file's; `motet convert` makes a file of each");
  }
  return std::move(book.pieces.front().reading.score);
}

}  // namespace

bool is_music(const std::filesystem::path& path) {
  return format_of_extension(path.extension().string()).has_value();
}

Score read_music(ByteView bytes, const std::filesystem::path& path) {
  Score score = read_one(bytes, path);
  if (count_notes(score) == 0) {
    throw Error(ErrorCode::kInvalidFile, path.string() + ": it holds no note");
  }
  return score;
}

}  // namespace motet::data
