// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "motet/score/kern_bars.h"
#include "motet/score/kern_values.h"

namespace motet::kern {
namespace {

/// The tuplets of one voice, chord by chord. A bracket closes when what it holds could be written
/// without it, and where the bar or the row of tuplet notes ends.
class Brackets {
 public:
  explicit Brackets(int64_t whole) : whole_(whole) {}

  /// `chord` are the heads that begin together; `bar` is the index of their bar.
  void add(std::vector<Written*> chord, size_t bar) {
    const Written& head = *chord.front();
    const bool is_tuplet = head.actual != head.normal && !head.has(kUntypedValue);
    const bool goes_on = !open_.empty() && is_tuplet && bar == bar_ && head.at == end_ &&
                         head.actual == open_.front()->actual &&
                         head.normal == open_.front()->normal;
    if (!goes_on) close();
    if (!is_tuplet) return;
    if (open_.empty()) {
      begin_ = head.at;
      bar_ = bar;
      for (Written* each : chord) each->marks |= kTupletBegin;
    }
    end_ = head.at + head.duration;
    open_ = std::move(chord);
    const Value held = value_of(reduced((end_ - begin_).value, whole_));
    if (!held.is_guess && held.actual == held.normal) close();
  }

  void close() {
    for (Written* each : open_) each->marks |= kTupletEnd;
    open_.clear();
  }

 private:
  int64_t whole_;
  std::vector<Written*> open_;  ///< the last chord of the open bracket
  Ticks begin_;
  Ticks end_;
  size_t bar_ = 0;
};

size_t bar_at(const std::vector<Bar>& bars, Ticks at) {
  const auto after = std::ranges::upper_bound(bars, at, {}, &Bar::begin);
  return static_cast<size_t>(after - bars.begin());
}

}  // namespace

void mark_groups(Score& score) {
  const std::vector<Bar> bars = bars_of_page(score);
  const int64_t whole = int64_t{4} * score.ticks_per_quarter;
  for (Part& part : score.parts) {
    std::map<uint8_t, Brackets> brackets;
    for (size_t i = 0; i < part.written.size();) {
      Written& first = part.written[i++];
      if (first.has(kGrace)) continue;
      std::vector<Written*> chord = {&first};
      while (i < part.written.size() && part.written[i].at == first.at &&
             part.written[i].voice == first.voice && !part.written[i].has(kGrace)) {
        chord.push_back(&part.written[i++]);
      }
      const size_t bar = bar_at(bars, first.at);
      if (first.has(kRest) && bar > 0 && bars[bar - 1].begin == first.at &&
          bars[bar - 1].length == first.duration) {
        first.marks |= kWholeBar;
      }
      brackets.try_emplace(first.voice, whole).first->second.add(std::move(chord), bar);
    }
    for (auto& [voice, open] : brackets) open.close();
  }
}

}  // namespace motet::kern
