// SPDX-License-Identifier: Apache-2.0
#include "motet/data/reading.h"

#include <string>

#include "motet/base/error.h"
#include "motet/score/midi.h"

namespace motet::data {
namespace {

std::string ending_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return ending;
}

}  // namespace

bool is_music(const std::filesystem::path& path) {
  const std::string ending = ending_of(path);
  return ending == ".mid" || ending == ".midi";
}

Score read_music(ByteView bytes, const std::filesystem::path& path) {
  Score score = read_midi(bytes).score;
  if (count_notes(score) == 0) {
    throw Error(ErrorCode::kInvalidFile, path.string() + ": it holds no note");
  }
  return score;
}

}  // namespace motet::data
