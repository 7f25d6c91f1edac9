// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"

namespace {

/// The score without what moves the bar line after the last note: bars at the end that hold
/// nothing, not even a rest, are no part of a score and are not written.
motet::Score without_last_line(motet::Score score) {
  motet::Ticks end;
  for (const motet::Part& part : score.parts) {
    for (const motet::Written& head : part.written) end = std::max(end, head.at + head.duration);
  }
  std::erase_if(score.metres, [&](const motet::MetreChange& metre) {
    return metre.is_hidden && metre.at >= end;
  });
  return score;
}

}  // namespace

/// What was read is the same score after it is written and read again, however broken the page,
/// unless there is no page at all.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const motet::Score score = motet::read_musicxml({data, size}).score;
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    bool has_page = false;
    for (const motet::Part& part : score.parts) has_page = has_page || !part.written.empty();
    motet::fuzz::require(has_page || motet::count_notes(score) == 0);
    motet::fuzz::require(!motet::write_midi(score).empty());
    const std::string text = motet::write_musicxml(score);
    const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
    const motet::Score again = motet::read_musicxml({bytes, text.size()}).score;
    if (!has_page) return 0;
    motet::fuzz::require(without_last_line(again) == without_last_line(score));
  } catch (const motet::Error&) {
  }
  return 0;
}
