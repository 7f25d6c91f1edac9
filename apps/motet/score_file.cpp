// SPDX-License-Identifier: Apache-2.0
#include "motet/score_file.h"

#include <algorithm>

#include "motet/base/error.h"
#include "motet/score/formats.h"

namespace motet::program {

ScoreFile read_score_file(const std::filesystem::path& path, int tune, Repeats repeats) {
  Book book = read_any(path, repeats);
  const bool is_book = book.format == Format::kAbc;
  const auto piece = std::ranges::find_if(
      book.pieces, [&](const Piece& each) { return tune == 0 || !is_book || each.number == tune; });
  if (piece != book.pieces.end()) {
    return {std::move(piece->reading), std::string(name_of(book.format)), book.pieces.size(),
            book.refused.size()};
  }
  const std::string wanted = "tune X:" + std::to_string(tune);
  for (const std::string& refusal : book.refused) {
    if (refusal.starts_with(wanted + ":")) {
      throw Error(ErrorCode::kInvalidFile, path.string() + ": " + refusal);
    }
  }
  throw Error(ErrorCode::kNotFound,
              path.string() + ": expected a " + wanted + ", found none of that number");
}

}  // namespace motet::program
