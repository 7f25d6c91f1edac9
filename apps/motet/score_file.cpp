// SPDX-License-Identifier: Apache-2.0
#include "motet/score_file.h"

#include <algorithm>
#include <string_view>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/abc.h"
#include "motet/score/midi.h"

namespace motet::program {
namespace {

bool has_abc_tune(std::string_view text) {
  return text.starts_with("X:") || text.find("\nX:") != std::string_view::npos ||
         text.find("\rX:") != std::string_view::npos;
}

ScoreFile read_abc_file(std::string_view text, int number) {
  AbcFile file = read_abc(text);
  const auto tune = std::ranges::find_if(
      file.tunes, [&](const AbcTune& each) { return number == 0 || each.number == number; });
  if (tune != file.tunes.end()) {
    return {std::move(tune->reading), "ABC", file.tunes.size(), file.refused.size()};
  }
  for (const AbcRefusal& refusal : file.refused) {
    if (number == 0 || refusal.number == number) {
      throw Error(ErrorCode::kInvalidFile,
                  "ABC: line " + std::to_string(refusal.line) + ": " + refusal.reason);
    }
  }
  throw Error(ErrorCode::kNotFound,
              "expected a tune X:" + std::to_string(number) + ", found none of that number");
}

}  // namespace

ScoreFile read_score_file(const std::filesystem::path& path, int tune) {
  const Bytes bytes = read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  try {
    if (!text.starts_with("MThd") && has_abc_tune(text)) return read_abc_file(text, tune);
    return {read_midi(bytes), "MIDI"};
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace motet::program
