// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <vector>

#include "fuzz/require.h"
#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "motet/score/abc_write.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"

namespace {

/// A note where the page puts it: grace notes take their time from a head, and that may be cut.
struct Placed {
  motet::Ticks at;
  motet::Ticks end;  ///< none for a grace note
  int pitch = 0;
  auto operator<=>(const Placed&) const = default;
};

std::vector<Placed> placed_notes(const motet::Part& part) {
  std::map<motet::NoteId, const motet::Written*> first_heads;
  for (const motet::Written& head : part.written) first_heads.emplace(head.note, &head);
  std::vector<Placed> notes;
  for (const motet::Note& note : part.notes) {
    const motet::Written& head = *first_heads.at(note.id);
    const bool is_grace = head.has(motet::kGrace);
    notes.push_back({head.at, is_grace ? head.at : note.onset + note.duration, note.pitch});
  }
  std::ranges::sort(notes);
  return notes;
}

/// What is written can be read again with the same notes, or is refused for its length and the
/// like.
void require_readable(const motet::Score& score) {
  const motet::AbcFile again = motet::read_abc(motet::write_abc(score), motet::Repeats::kWritten);
  motet::fuzz::require(again.tunes.size() + again.refused.size() == 1);
  for (const motet::AbcTune& tune : again.tunes) {
    const motet::Score& read = tune.reading.score;
    motet::fuzz::require(read.parts.size() == score.parts.size());
    for (size_t i = 0; i < score.parts.size(); ++i) {
      motet::fuzz::require(placed_notes(read.parts[i]) == placed_notes(score.parts[i]));
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
