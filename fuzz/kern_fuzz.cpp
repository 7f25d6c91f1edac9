// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/kern.h"
#include "motet/score/midi.h"

namespace {

motet::Reading read(std::string_view text) {
  return motet::read_kern({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

bool is_rounded(const motet::Reading& reading) {
  return std::ranges::any_of(reading.mended, [](const std::string& sentence) {
    return sentence.find("which were rounded") != std::string::npos;
  });
}

}  // namespace

/// A file is refused, or it is a score that the writers can write; what write_kern writes is a
/// score again with as many notes, and writing that gives the same score.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Reading reading = motet::read_kern({data, size});
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    motet::fuzz::require(!motet::write_midi(reading.score).empty());
    if (is_rounded(reading)) return 0;
    const motet::Score again = read(motet::write_kern(reading.score)).score;
    motet::fuzz::require(motet::count_notes(again) == motet::count_notes(reading.score));
    motet::fuzz::require(read(motet::write_kern(again)).score == again);
  } catch (const motet::Error&) {
  }
  return 0;
}
