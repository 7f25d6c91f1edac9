// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "motet/score/abc_write.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "tests/support/placed_notes.h"

namespace {

/// Lengths such as L:1/84 lie between two ticks, and are held to less.
bool has_rounded_lengths(const motet::Part& part) {
  return std::ranges::any_of(
      part.written, [](const motet::Written& head) { return head.has(motet::kUntypedValue); });
}

/// What is written can be read again with the same notes, or is refused for its length and the
/// like.
void require_readable(const motet::Score& score) {
  const motet::AbcFile again = motet::read_abc(motet::write_abc(score), motet::Repeats::kWritten);
  motet::fuzz::require(again.tunes.size() + again.refused.size() == 1);
  for (const motet::AbcTune& tune : again.tunes) {
    const motet::Score& read = tune.reading.score;
    motet::fuzz::require(read.parts.size() == score.parts.size());
    motet::fuzz::require(motet::count_notes(read) == motet::count_notes(score));
    for (size_t i = 0; i < score.parts.size(); ++i) {
      if (has_rounded_lengths(score.parts[i])) continue;
      motet::fuzz::require(motet::test::placed_notes(read.parts[i]) ==
                           motet::test::placed_notes(score.parts[i]));
    }
  }
}

}  // namespace

/// Every tune is a score that the writers can write, or is refused with a reason and its line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string_view text = motet::fuzz::text_of(data, size);
    const motet::AbcFile file = motet::read_abc(text);
    for (const motet::AbcRefusal& refusal : file.refused) {
      motet::fuzz::require(!refusal.reason.empty() && refusal.line > 0);
    }
    if (!motet::fuzz::is_whole_law_due(data, size)) return 0;
    for (const motet::AbcTune& tune : file.tunes) {
      motet::fuzz::require(!motet::write_midi(tune.reading.score).empty());
      if (!tune.reading.score.parts.empty()) motet::write_musicxml(tune.reading.score);
    }
    const motet::AbcFile written = motet::read_abc(text, motet::Repeats::kWritten);
    for (const motet::AbcTune& tune : written.tunes) {
      require_readable(tune.reading.score);
    }
  } catch (const motet::Error&) {
  }
  return 0;
}
