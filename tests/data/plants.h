// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "motet/base/random.h"
#include "motet/score/score.h"
#include "tests/data/melodies.h"

namespace motet::test {

/// Makes copies of a score such as a corpus has without saying so. Pure functions of the seed.
class Planter {
 public:
  explicit Planter(uint64_t seed) : random_(seed, 5) {}

  static constexpr std::array kKinds = {"transposed", "stretched", "re-instrumented",
                                        "cropped",    "edited",    "all together"};

  Score plant(size_t kind, const Score& score) {
    switch (kind) {
      case 0:
        return transpose(score);
      case 1:
        return stretch(score);
      case 2:
        return reinstrument(score);
      case 3:
        return crop(score);
      case 4:
        return edit(score);
      default:
        return reinstrument(stretch(transpose(edit(crop(score)))));
    }
  }

  /// By 1..11 semitones, up or down.
  Score transpose(const Score& score) {
    const int semitones = 1 + static_cast<int>(below(11));
    return transposed(score, below(2) == 0 ? semitones : -semitones);
  }

  /// Durations times 2, 1/2 or 3/2, or another tempo.
  Score stretch(const Score& score) {
    constexpr std::array kFactors = {2.0, 0.5, 1.5};
    const uint64_t which = below(4);
    if (which < kFactors.size()) return stretched(score, kFactors[which]);
    Score out = score;
    out.tempos = {{Ticks{0}, 40.0 + static_cast<double>(below(160))}};
    return out;
  }

  /// Any instruments, the parts in another order, and sometimes all in one part.
  Score reinstrument(const Score& score) {
    Score out = score;
    for (Part& part : out.parts) part.program = static_cast<uint8_t>(below(128));
    for (size_t i = out.parts.size(); i > 1; --i) std::swap(out.parts[i - 1], out.parts[below(i)]);
    if (below(2) == 0) return out;
    Score joined = out;
    joined.parts.clear();
    for (Part& part : out.parts) {
      const auto same = [&](const Part& p) { return p.is_drums == part.is_drums; };
      const auto found = std::ranges::find_if(joined.parts, same);
      if (found == joined.parts.end()) {
        joined.parts.push_back(part);
      } else {
        found->notes.insert(found->notes.end(), part.notes.begin(), part.notes.end());
      }
    }
    sort_events(joined);
    return joined;
  }

  /// A contiguous third to two thirds of the time.
  Score crop(const Score& score) {
    const auto whole = static_cast<double>(end_of(score).value);
    const double share = 1.0 / 3 + uniform() / 3;
    const auto begin = static_cast<int64_t>(whole * (1.0 - share) * uniform());
    const int64_t end = begin + static_cast<int64_t>(whole * share);
    Score out = score;
    for (Part& part : out.parts) {
      std::erase_if(part.notes, [&](const Note& note) {
        return note.onset.value < begin || note.onset.value >= end;
      });
      for (Note& note : part.notes) note.onset -= Ticks{begin};
    }
    return out;
  }

  /// One note in twenty has another pitch, is left out, or has a neighbour added to it.
  Score edit(const Score& score) {
    Score out = score;
    for (Part& part : out.parts) {
      std::vector<Note> notes;
      for (Note note : part.notes) {
        const uint64_t what = below(60);
        if (what == 0) continue;
        if (what == 1) note.pitch = static_cast<uint8_t>(std::clamp<int>(note.pitch + 2, 0, 127));
        notes.push_back(note);
        if (what != 2 || note.duration.value < 2) continue;
        notes.back().duration = Ticks{note.duration.value / 2};
        note.onset += notes.back().duration;
        note.duration -= notes.back().duration;
        note.pitch = static_cast<uint8_t>(std::clamp<int>(note.pitch - 1, 0, 127));
        notes.push_back(note);
      }
      part.notes = std::move(notes);
    }
    sort_events(out);
    return out;
  }

 private:
  uint64_t below(uint64_t count) { return random_.below(count, step_++); }
  double uniform() { return random_.uniform(step_++); }

  Random random_;
  uint64_t step_ = 0;
};

}  // namespace motet::test
