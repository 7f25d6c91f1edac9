// SPDX-License-Identifier: Apache-2.0
// list_heads FILE...: what the readers of written music find, a line a head or rest, for comparison
// with other readers (tools/compare_musicxml.py, tools/compare_kern.py). Tab-separated: file, part,
// onset and duration in quarters, MIDI pitch (- for a rest), tie (start, stop, continue, -), grace,
// cue, voice, staff, bar (from 0) and onset in it. Lines that begin with "#" are what was mended;
// "!" what was refused.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/formats.h"

namespace {

using motet::Part;
using motet::Written;

using Bars = std::vector<motet::Bar>;

void list_part(const std::string& file, const motet::Score& score, const Bars& bars, size_t index) {
  const Part& part = score.parts[index];
  std::map<uint32_t, size_t> left;  // heads of each note that are still to come
  std::map<uint32_t, size_t> all;
  for (const Written& head : part.written) ++all[head.note.value];
  left = all;
  size_t bar = 0;
  for (const Written& head : part.written) {
    while (bar + 1 < bars.size() && bars[bar + 1].begin <= head.at) ++bar;
    const motet::Ticks in_bar = bars.empty() ? head.at : head.at - bars[bar].begin;
    const bool is_first = left[head.note.value] == all[head.note.value];
    const bool is_last = --left[head.note.value] == 0;
    const bool sounds = head.note.value != 0 && !(is_first && is_last);
    const char* const tie = !sounds ? "-" : is_first ? "start" : is_last ? "stop" : "continue";
    const std::string pitch = head.has(motet::kRest) ? "-" : std::to_string(head.pitch);
    const double quarter = score.ticks_per_quarter;
    std::printf("%s\t%zu\t%.6f\t%.6f\t%s\t%s\t%d\t%d\t%d\t%d\t%zu\t%.6f\n", file.c_str(), index,
                static_cast<double>(head.at.value) / quarter,
                static_cast<double>(head.duration.value) / quarter, pitch.c_str(), tie,
                head.has(motet::kGrace) ? 1 : 0, head.has(motet::kCue) ? 1 : 0, head.voice,
                head.staff, bar, static_cast<double>(in_bar.value) / quarter);
  }
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string file = arguments[i];
    try {
      const motet::Book book =
          motet::read_any(std::filesystem::path(file), motet::Repeats::kWritten);
      if (book.pieces.empty()) continue;
      const motet::Reading& reading = book.pieces[0].reading;
      for (const std::string& sentence : reading.mended) {
        std::printf("# %s\t%s\n", file.c_str(), sentence.c_str());
      }
      const Bars bars = motet::bars_of(reading.score);
      for (size_t part = 0; part < reading.score.parts.size(); ++part) {
        list_part(file, reading.score, bars, part);
      }
    } catch (const motet::Error& error) {
      std::printf("! %s\t%s\n", file.c_str(), error.what());
    }
  }
  return 0;
}
