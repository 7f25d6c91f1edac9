// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/voices.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <map>

namespace motet {
namespace {

constexpr double kEnoughTime = 0.05;  // the share of time that counts for the number of voices
constexpr int kNobody = -1;

// A stretch of time in which the same number of notes sound, in the same order from the top.
struct Contig {
  std::vector<std::vector<size_t>> lines;  // [from the top][in time]: indices of notes
  int64_t length = 0;                      // ticks
};

// The sets of notes that sound between neighbouring onsets and ends.
std::vector<Contig> contigs_of(const std::vector<Note>& notes) {
  std::map<int64_t, std::pair<std::vector<size_t>, std::vector<size_t>>> events;  // ends, begins
  for (size_t i = 0; i < notes.size(); ++i) {
    events[notes[i].onset.value].second.push_back(i);
    events[(notes[i].onset + notes[i].duration).value].first.push_back(i);
  }
  std::vector<Contig> contigs;
  std::vector<size_t> sounding;  // from the top
  const auto higher = [&notes](size_t a, size_t b) {
    return notes[a].pitch != notes[b].pitch ? notes[a].pitch > notes[b].pitch : a < b;
  };
  for (auto at = events.begin(); at != events.end(); ++at) {
    for (const size_t i : at->second.first) {
      const auto found = std::find(sounding.begin(), sounding.end(), i);
      if (found != sounding.end()) sounding.erase(found);
    }
    for (const size_t i : at->second.second) {
      sounding.insert(std::upper_bound(sounding.begin(), sounding.end(), i, higher), i);
    }
    const auto next = std::next(at);
    if (next == events.end() || sounding.empty()) continue;
    bool goes_on = !contigs.empty() && contigs.back().lines.size() == sounding.size();
    // A held note that changes its place in the order begins a new contig.
    for (size_t line = 0; goes_on && line < sounding.size(); ++line) {
      const auto& before = contigs.back().lines[line];
      for (size_t other = 0; other < sounding.size(); ++other) {
        if (other != line && sounding[other] == before.back()) goes_on = false;
      }
    }
    if (!goes_on) contigs.push_back({.lines = std::vector<std::vector<size_t>>(sounding.size())});
    contigs.back().length += next->first - at->first;
    for (size_t line = 0; line < sounding.size(); ++line) {
      auto& notes_of_line = contigs.back().lines[line];
      if (notes_of_line.empty() || notes_of_line.back() != sounding[line]) {
        notes_of_line.push_back(sounding[line]);
      }
    }
  }
  return contigs;
}

size_t count_voices(const std::vector<Contig>& contigs, size_t most) {
  std::map<size_t, int64_t> time;
  int64_t all = 0;
  for (const Contig& contig : contigs) {
    time[contig.lines.size()] += contig.length;
    all += contig.length;
  }
  int64_t sum = 0;
  for (auto at = time.rbegin(); at != time.rend(); ++at) {
    sum += at->second;
    if (static_cast<double>(sum) >= kEnoughTime * static_cast<double>(all)) {
      return std::clamp<size_t>(at->first, 1, most);
    }
  }
  return 1;
}

class Joiner {
 public:
  Joiner(const std::vector<Note>& notes, const std::vector<Contig>& contigs, size_t voices)
      : notes_(notes), contigs_(contigs), voices_(voices), voice_(notes.size(), kNobody) {}

  std::vector<int> run() {
    std::vector<size_t> full;
    for (size_t c = 0; c < contigs_.size(); ++c) {
      if (contigs_[c].lines.size() != voices_) continue;
      full.push_back(c);
      for (size_t line = 0; line < voices_; ++line) give(c, line, line);
    }
    if (full.empty()) return voice_;
    walk(full.front(), 0, -1);
    for (size_t i = 0; i + 1 < full.size(); ++i) {
      const size_t middle = (full[i] + full[i + 1]) / 2;
      walk(full[i], middle, 1);
      walk(full[i + 1], middle + 1, -1);
    }
    walk(full.back(), contigs_.size() - 1, 1);
    return voice_;
  }

 private:
  // A note keeps the voice it was first given: it may reach into several contigs.
  void give(size_t contig, size_t line, size_t voice) {
    for (const size_t note : contigs_[contig].lines[line]) {
      if (voice_[note] == kNobody) voice_[note] = static_cast<int>(voice);
    }
  }

  // Gives voices to the contigs from `from` (which has its own) to `to`, both included.
  void walk(size_t from, size_t to, int step) {
    std::vector<size_t> last(voices_);  // the nearest note of each voice
    for (size_t v = 0; v < voices_; ++v) {
      const auto& line = contigs_[from].lines[v];
      last[v] = step > 0 ? line.back() : line.front();
    }
    for (auto c = static_cast<int64_t>(from); c != static_cast<int64_t>(to);) {
      c += step;
      const auto contig = static_cast<size_t>(c);
      if (step > 0 ? c > static_cast<int64_t>(to) : c < static_cast<int64_t>(to)) break;
      const std::vector<size_t> chosen = choose(contigs_[contig], last, step);
      for (size_t line = 0; line < chosen.size(); ++line) {
        give(contig, line, chosen[line]);
        const auto& notes = contigs_[contig].lines[line];
        last[chosen[line]] = step > 0 ? notes.back() : notes.front();
      }
    }
  }

  double cost(size_t note, size_t voice, size_t last) const {
    constexpr double kHeld = 1000.0;
    if (voice_[note] != kNobody) return voice_[note] == static_cast<int>(voice) ? -kHeld : kHeld;
    if (note == last) return -kHeld;
    return std::abs(double{1.0} * (notes_[note].pitch - notes_[last].pitch));
  }

  // The cheapest voices of a contig's lines, from the top, that do not cross.
  std::vector<size_t> choose(const Contig& contig, const std::vector<size_t>& last,
                             int step) const {
    const size_t n = contig.lines.size();
    const size_t gap = n <= voices_ ? 1 : 0;  // too many notes share voices
    constexpr double kNever = std::numeric_limits<double>::infinity();
    std::vector<std::vector<double>> best(n, std::vector<double>(voices_, kNever));
    std::vector<std::vector<size_t>> from(n, std::vector<size_t>(voices_, 0));
    for (size_t line = 0; line < n; ++line) {
      const auto& notes = contig.lines[line];
      const size_t note = step > 0 ? notes.front() : notes.back();
      for (size_t v = 0; v < voices_; ++v) {
        double before = line == 0 ? 0.0 : kNever;
        for (size_t u = 0; line > 0 && u + gap <= v; ++u) {
          if (best[line - 1][u] < before) {
            before = best[line - 1][u];
            from[line][v] = u;
          }
        }
        if (before < kNever) best[line][v] = before + cost(note, v, last[v]);
      }
    }
    std::vector<size_t> chosen(n);
    auto at = static_cast<size_t>(std::min_element(best[n - 1].begin(), best[n - 1].end()) -
                                  best[n - 1].begin());
    for (size_t line = n; line-- > 0;) {
      chosen[line] = at;
      at = from[line][at];
    }
    return chosen;
  }

  const std::vector<Note>& notes_;
  const std::vector<Contig>& contigs_;
  size_t voices_;
  std::vector<int> voice_;
};

}  // namespace

std::vector<int> separate_voices(const std::vector<Note>& notes, VoiceOptions options) {
  const std::vector<Contig> contigs = contigs_of(notes);
  size_t voices = count_voices(contigs, static_cast<size_t>(std::clamp(options.most, 1, 255)));
  // The nearest number of notes that ever sounds at once.
  size_t nearest = 0;
  for (const Contig& contig : contigs) {
    if (contig.lines.size() <= voices) nearest = std::max(nearest, contig.lines.size());
  }
  if (nearest > 0) voices = nearest;
  std::vector<int> voice = Joiner(notes, contigs, voices).run();
  // Nothing but chords larger than the voices: share them out from the top.
  for (int& v : voice) v = std::max(v, 0);
  return voice;
}

void separate_voices(Score& score, VoiceOptions options) {
  for (Part& part : score.parts) {
    if (part.is_drums) continue;
    const std::vector<int> voice = separate_voices(part.notes, options);
    for (size_t i = 0; i < voice.size(); ++i) part.notes[i].voice = static_cast<uint8_t>(voice[i]);
  }
}

}  // namespace motet
