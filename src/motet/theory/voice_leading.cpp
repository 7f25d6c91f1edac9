// SPDX-License-Identifier: Apache-2.0
#include "motet/theory/voice_leading.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "motet/score/instruments.h"

namespace motet {
namespace {

using Fault = VoiceLeadingFault;

constexpr int kOctave = 12;
constexpr int kFifth = 7;
constexpr int kLargestStep = 2;
constexpr size_t kMostLines = 64;

// A part that plays one note at a time.
struct Line {
  size_t part = 0;
  const std::vector<Note>* notes = nullptr;
  double mean_pitch = 0.0;
};

bool is_monophonic(const std::vector<Note>& notes) {
  size_t together = 0;
  for (size_t i = 1; i < notes.size(); ++i) {
    together += notes[i].onset < notes[i - 1].onset + notes[i - 1].duration ? 1 : 0;
  }
  return together * 50 <= notes.size();  // legato may overlap a little
}

// From the top; parts that stand in score order stay in it when their means are alike.
std::vector<Line> lines_of(const Score& score) {
  std::vector<Line> lines;
  for (size_t p = 0; p < score.parts.size(); ++p) {
    const Part& part = score.parts[p];
    if (part.is_drums || part.notes.empty() || !is_monophonic(part.notes)) continue;
    double sum = 0.0;
    for (const Note& note : part.notes) sum += note.pitch;
    lines.push_back({p, &part.notes, sum / static_cast<double>(part.notes.size())});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.mean_pitch > b.mean_pitch; });
  return lines;
}

// The last note of a line that has begun at a time, and still sounds.
const Note* sounding_at(const std::vector<Note>& notes, Ticks at) {
  const auto after = std::upper_bound(notes.begin(), notes.end(), at,
                                      [](Ticks t, const Note& n) { return t < n.onset; });
  if (after == notes.begin()) return nullptr;
  const Note& note = *std::prev(after);
  return note.onset + note.duration > at ? &note : nullptr;
}

// What sounds just before a time.
const Note* sounding_before(const std::vector<Note>& notes, Ticks at) {
  return at.value == 0 ? nullptr : sounding_at(notes, at - Ticks{1});
}

// The compass of a choir's voices; others sing and play what their instrument can.
// source  Aldwell and Schachter, ch. 5
std::optional<PitchRange> vocal_range(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  struct Voice {
    std::string_view name;
    PitchRange range;
  };
  constexpr std::array<Voice, 4> kVoices = {
      {{"soprano", {60, 81}}, {"alto", {53, 76}}, {"tenor", {47, 69}}, {"bass", {40, 64}}}};
  for (const Voice& voice : kVoices) {
    if (name == voice.name || name == voice.name.substr(0, 1)) return voice.range;
  }
  return std::nullopt;
}

class Checker {
 public:
  Checker(const Score& score, VoiceLeadingOptions options)
      : score_(score), options_(options), bars_(bars_of(score)), lines_(lines_of(score)) {}

  std::vector<VoiceLeadingFinding> run() {
    if (lines_.size() > kMostLines) lines_.clear();
    for (const Ticks at : onsets()) {
      for (size_t a = 0; a < lines_.size(); ++a) {
        for (size_t b = a + 1; b < lines_.size(); ++b) check_pair(a, b, at);
      }
    }
    if (options_.check_ranges) check_ranges();
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::move(findings_);
  }

 private:
  std::vector<Ticks> onsets() const {
    std::vector<Ticks> all;
    for (const Line& line : lines_) {
      for (const Note& note : *line.notes) all.push_back(note.onset);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  void check_pair(size_t upper, size_t lower, Ticks at) {
    const Note* u = sounding_at(*lines_[upper].notes, at);
    const Note* l = sounding_at(*lines_[lower].notes, at);
    if (u == nullptr || l == nullptr) return;
    const bool u_begins = u->onset == at;
    const bool l_begins = l->onset == at;
    if (!u_begins && !l_begins) return;
    const std::vector<size_t> parts = {lines_[upper].part, lines_[lower].part};
    if (lower == upper + 1) {
      if (u->pitch < l->pitch) add(Fault::kCrossing, at, parts, {u->id, l->id});
      const bool above_bass = lower + 1 < lines_.size();
      if (options_.check_spacing && lines_.size() == 4 && above_bass &&
          u->pitch - l->pitch > kOctave) {
        add(Fault::kSpacing, at, parts, {u->id, l->id});
      }
    }
    const Note* u0 = sounding_before(*lines_[upper].notes, at);
    const Note* l0 = sounding_before(*lines_[lower].notes, at);
    if (u0 == nullptr || l0 == nullptr) return;
    if (lower == upper + 1 && u->pitch >= l->pitch) {
      const bool passed = (l_begins && l->pitch > u0->pitch) || (u_begins && u->pitch < l0->pitch);
      if (passed) add(Fault::kOverlap, at, parts, {u0->id, u->id, l0->id, l->id});
    }
    if (u_begins && l_begins) check_motion(upper, lower, {u0, u, l0, l}, at);
  }

  void check_motion(size_t upper, size_t lower, std::array<const Note*, 4> notes, Ticks at) {
    const auto [u0, u, l0, l] = notes;
    const int up = u->pitch - u0->pitch;
    const int low = l->pitch - l0->pitch;
    if (up == 0 || low == 0 || (up > 0) != (low > 0)) return;
    const int before = std::abs(u0->pitch - l0->pitch) % kOctave;
    const int after = std::abs(u->pitch - l->pitch) % kOctave;
    if (after != 0 && after != kFifth) return;
    const std::vector<size_t> parts = {lines_[upper].part, lines_[lower].part};
    const std::vector<NoteId> ids = {u0->id, u->id, l0->id, l->id};
    if (before == after) {
      add(after == 0 ? Fault::kParallelOctaves : Fault::kParallelFifths, at, parts, ids);
      return;
    }
    const bool outer = upper == 0 && lower + 1 == lines_.size();
    if (outer && std::abs(up) > kLargestStep) {
      add(after == 0 ? Fault::kHiddenOctaves : Fault::kHiddenFifths, at, parts, ids);
    }
  }

  void check_ranges() {
    for (size_t p = 0; p < score_.parts.size(); ++p) {
      const Part& part = score_.parts[p];
      if (part.is_drums) continue;
      const PitchRange range = vocal_range(part.name).value_or(range_of({part.program, false}));
      for (const Note& note : part.notes) {
        if (note.pitch < range.low || note.pitch > range.high) {
          add(Fault::kRange, note.onset, {p}, {note.id});
        }
      }
    }
  }

  void add(Fault fault, Ticks at, std::vector<size_t> parts, std::vector<NoteId> notes) {
    VoiceLeadingFinding finding;
    finding.fault = fault;
    finding.at = at;
    finding.parts = std::move(parts);
    finding.notes = std::move(notes);
    const auto after = std::upper_bound(bars_.begin(), bars_.end(), at,
                                        [](Ticks t, const Bar& bar) { return t < bar.begin; });
    if (after != bars_.begin()) {
      const Bar& bar = *std::prev(after);
      const bool upbeat = bars_.size() > 1 && bars_[0].length < bars_[1].length;
      finding.bar = static_cast<int>(after - bars_.begin()) - (upbeat ? 1 : 0);
      const double beat = 4.0 * score_.ticks_per_quarter / bar.denominator;
      finding.beat = 1.0 + static_cast<double>((at - bar.begin).value) / beat;
    }
    findings_.push_back(std::move(finding));
  }

  const Score& score_;
  VoiceLeadingOptions options_;
  std::vector<Bar> bars_;
  std::vector<Line> lines_;
  std::vector<VoiceLeadingFinding> findings_;
};

}  // namespace

std::string name_of(VoiceLeadingFault fault) {
  constexpr std::array<std::string_view, 8> kNames = {
      "parallel fifths", "parallel octaves", "hidden fifths",    "hidden octaves",
      "voice crossing",  "voice overlap",    "too wide spacing", "out of range"};
  return std::string(kNames[static_cast<size_t>(fault)]);
}

std::vector<VoiceLeadingFinding> check_voice_leading(const Score& score,
                                                     VoiceLeadingOptions options) {
  return Checker(score, options).run();
}

}  // namespace motet
