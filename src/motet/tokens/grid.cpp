// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/grid.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "motet/base/error.h"

namespace motet::tokens {
namespace {

constexpr int kSixteenth = kStepsPerQuarter / 4;
constexpr double kDefaultTempo = 120.0;
/// A last note that rings this little beyond a bar line does not make a new bar.
constexpr int kOverhang = 2;

int64_t to_step(Ticks at, int ticks_per_quarter) {
  return (2 * at.value * kStepsPerQuarter + ticks_per_quarter) / (2 * ticks_per_quarter);
}

struct BarLine {
  int64_t begin;
  int metre;
};

/// Appends bars that fill `steps` (a multiple of a sixteenth), none above kMaxBarSteps.
void append_bars(std::vector<BarLine>& lines, int64_t& at, int64_t steps, int metre) {
  while (steps > 0) {
    const int64_t full = metres()[static_cast<size_t>(metre)].steps();
    const int64_t length = std::min({steps, full, int64_t{kMaxBarSteps}});
    lines.push_back({at, length == full ? metre : metre_of_length(static_cast<int>(length))});
    at += length;
    steps -= length;
  }
}

/// A metre of the vocabulary as near as can be: the same, the same length, or a part of it.
int vocabulary_metre(int numerator, int denominator) {
  if (const auto found = find_metre(numerator, denominator)) return *found;
  const int64_t steps = int64_t{4} * kStepsPerQuarter * numerator / denominator;
  if (steps <= kMaxBarSteps) {
    const int64_t rounded = std::max<int64_t>(kSixteenth, steps / kSixteenth * kSixteenth);
    return metre_of_length(static_cast<int>(rounded));
  }
  for (int pieces = 2; pieces <= numerator; ++pieces) {
    if (numerator % pieces != 0) continue;
    if (const auto found = find_metre(numerator / pieces, denominator)) return *found;
  }
  return *find_metre(1, std::clamp(denominator, 1, 16));
}

std::vector<BarLine> bar_lines(const Score& score, int64_t end) {
  std::vector<BarLine> lines;
  int64_t at = 0;
  int metre = *find_metre(4, 4);
  const auto advance_to = [&](int64_t target) {
    const int64_t full = metres()[static_cast<size_t>(metre)].steps();
    const int64_t whole = (target - at) / full * full;
    append_bars(lines, at, whole, metre);
    append_bars(lines, at, (target - at) / kSixteenth * kSixteenth, metre);
  };
  for (const MetreChange& change : score.metres) {
    const int64_t step = std::min(to_step(change.at, score.ticks_per_quarter), end);
    if (step > at) advance_to(step);
    metre = vocabulary_metre(change.numerator, change.denominator);
  }
  while (at < end) append_bars(lines, at, metres()[static_cast<size_t>(metre)].steps(), metre);
  lines.push_back({at, metre});
  return lines;
}

struct StepNote {
  int64_t onset;
  int64_t end;
  uint8_t pitch;
  uint8_t velocity;
};

/// The part's notes on the grid, by onset; no two of one pitch overlap or begin together.
std::vector<StepNote> step_notes(const Part& part, int ticks_per_quarter) {
  std::vector<StepNote> notes;
  notes.reserve(part.notes.size());
  for (const Note& note : part.notes) {
    const int64_t onset = std::max<int64_t>(0, to_step(note.onset, ticks_per_quarter));
    const int64_t end = to_step(note.onset + note.duration, ticks_per_quarter);
    notes.push_back({onset, part.is_drums ? onset + kDrumSteps : std::max(end, onset + 1),
                     note.pitch, static_cast<uint8_t>(note.velocity / 4)});
  }
  std::ranges::sort(notes, {}, [](const StepNote& n) {
    return std::tuple(n.pitch, n.onset, -n.end, -n.velocity);
  });
  std::vector<StepNote> kept;
  kept.reserve(notes.size());
  for (const StepNote& note : notes) {
    if (!kept.empty() && kept.back().pitch == note.pitch) {
      if (kept.back().onset == note.onset) continue;
      if (!part.is_drums) kept.back().end = std::min(kept.back().end, note.onset);
    }
    kept.push_back(note);
  }
  std::ranges::sort(
      kept, {}, [](const StepNote& n) { return std::tuple(n.onset, n.onset - n.end, n.pitch); });
  return kept;
}

int most_frequent_velocity(const std::vector<StepNote>& notes) {
  std::array<int, kVelocityBins> counts{};
  for (const StepNote& note : notes) ++counts[note.velocity];
  return static_cast<int>(std::ranges::max_element(counts) - counts.begin());
}

void place_notes(GridPiece& piece, size_t part, const std::vector<StepNote>& notes,
                 const std::vector<BarLine>& lines) {
  size_t bar = 0;
  for (const StepNote& note : notes) {
    while (note.onset >= lines[bar + 1].begin) ++bar;
    piece.bars[bar].cells[part].notes.push_back(
        {static_cast<int32_t>(note.end - note.onset),
         static_cast<int16_t>(note.onset - lines[bar].begin), note.pitch, note.velocity});
  }
}

void place_tempos(GridPiece& piece, const Score& score, const std::vector<BarLine>& lines) {
  int tempo = nearest_tempo(kDefaultTempo);
  size_t next = 0;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    while (next < score.tempos.size() &&
           to_step(score.tempos[next].at, score.ticks_per_quarter) <= lines[bar].begin) {
      tempo = nearest_tempo(score.tempos[next++].quarters_per_minute);
    }
    piece.bars[bar].tempo = tempo;
  }
}

void place_harmony(GridPiece& piece, const Score& score, const std::vector<BarLine>& lines) {
  int chord = kNoChord;
  size_t next = 0;
  bool any = false;
  for (const ChordSymbol& symbol : score.chords) any = any || find_chord(symbol.text);
  if (!any) return;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    std::vector<GridChord>& harmony = piece.bars[bar].harmony;
    harmony.push_back({0, chord});
    for (; next < score.chords.size(); ++next) {
      const int64_t step = to_step(score.chords[next].at, score.ticks_per_quarter);
      if (step >= lines[bar + 1].begin) break;
      const auto found = find_chord(score.chords[next].text);
      if (!found || *found == chord) continue;
      chord = *found;
      const auto position = static_cast<int>(std::max<int64_t>(0, step - lines[bar].begin));
      if (harmony.back().position == position) harmony.pop_back();
      if (harmony.empty() || harmony.back().chord != chord) harmony.push_back({position, chord});
    }
  }
}

std::string part_name(const GridPiece& piece, size_t index) {
  const auto& parts = piece.parts;
  const Instrument instrument = parts[index].instrument;
  std::string name(name_of(instrument));
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
  const auto same = [&](const GridPart& p) { return p.instrument == instrument; };
  if (std::ranges::count_if(parts, same) < 2) return name;
  const auto here = parts.begin() + static_cast<std::ptrdiff_t>(index);
  return name + " " + std::to_string(1 + std::count_if(parts.begin(), here, same));
}

/// Signature of a key token: sharps above 0, flats below.
int fifths_of_key(int key) {
  constexpr std::array<int, 12> kMajorFifths = {0, -5, 2, -3, 4, -1, -6, 1, -4, 3, -2, 5};
  const int relative_major = key >= 12 ? (key - 12 + 3) % 12 : key;
  return kMajorFifths[static_cast<size_t>(relative_major)];
}

void append_notes(Score& score, const GridPiece& piece, size_t index,
                  const std::vector<int64_t>& begins) {
  const bool is_drums = piece.parts[index].instrument.is_drums;
  std::map<uint8_t, size_t> sounding;  // pitch -> the last note of it
  std::vector<Note>& notes = score.parts[index].notes;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    for (const GridNote& from : piece.bars[bar].cells[index].notes) {
      Note note;
      note.onset = Ticks{begins[bar] + from.position};
      const int64_t left = begins.back() - note.onset.value;
      note.duration = Ticks{is_drums ? std::min<int64_t>(kDrumSteps, left) : from.duration};
      note.pitch = from.pitch;
      note.velocity = static_cast<uint8_t>(4 * from.velocity + 2);
      const auto last = sounding.find(note.pitch);
      if (last != sounding.end() && !is_drums) {
        Note& before = notes[last->second];
        before.duration = std::min(before.duration, note.onset - before.onset);
      }
      sounding[note.pitch] = notes.size();
      notes.push_back(note);
    }
  }
}

}  // namespace

GridPiece to_grid(const Score& score) {
  std::vector<const Part*> sources;
  for (const Part& part : score.parts) {
    if (!part.notes.empty()) sources.push_back(&part);
  }
  if (sources.empty()) throw Error(ErrorCode::kInvalidArgument, "tokens: the score has no notes");
  if (sources.size() > static_cast<size_t>(kMaxParts)) {
    throw Error(ErrorCode::kInvalidArgument,
                "tokens: the score has " + std::to_string(sources.size()) +
                    " parts with notes; at most " + std::to_string(kMaxParts) +
                    " can be told apart. Merge or remove some");
  }
  std::vector<std::vector<StepNote>> notes;
  int64_t end = 0;
  for (const Part* part : sources) {
    notes.push_back(step_notes(*part, score.ticks_per_quarter));
    for (const StepNote& note : notes.back()) {
      const int64_t heard = part->is_drums ? note.onset + 1 : note.end - kOverhang;
      end = std::max({end, note.onset + 1, heard});
    }
  }
  const std::vector<BarLine> lines = bar_lines(score, end);
  GridPiece piece;
  piece.bars.resize(lines.size() - 1);
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    piece.bars[bar].metre = lines[bar].metre;
    piece.bars[bar].cells.resize(sources.size());
  }
  for (size_t part = 0; part < sources.size(); ++part) {
    const Part& from = *sources[part];
    const Instrument instrument{from.is_drums ? uint8_t{0} : from.program, from.is_drums};
    piece.parts.push_back({instrument, most_frequent_velocity(notes[part])});
    place_notes(piece, part, notes[part], lines);
  }
  place_tempos(piece, score, lines);
  place_harmony(piece, score, lines);
  if (!score.keys.empty()) {
    const KeyChange& key = score.keys.front();
    const int major = (key.fifths * 7 % 12 + 12) % 12;
    piece.controls.key = key.mode == Mode::kMajor ? major : (major + 9) % 12 + 12;
  }
  return piece;
}

std::vector<int64_t> bar_steps(const GridPiece& piece) {
  std::vector<int64_t> begins = {0};
  begins.reserve(piece.bars.size() + 1);
  for (const GridBar& bar : piece.bars) {
    begins.push_back(begins.back() + metres()[static_cast<size_t>(bar.metre)].steps());
  }
  return begins;
}

Score to_score(const GridPiece& piece) {
  Score score;
  score.ticks_per_quarter = kStepsPerQuarter;
  const std::vector<int64_t> begins = bar_steps(piece);
  const int fifths = piece.controls.key ? fifths_of_key(*piece.controls.key) : 0;
  int metre = -1;
  int tempo = -1;
  int chord = -1;
  for (size_t bar = 0; bar < piece.bars.size(); ++bar) {
    const GridBar& from = piece.bars[bar];
    const Ticks at{begins[bar]};
    if (from.metre != metre) {
      const Metre& m = metres()[static_cast<size_t>(from.metre)];
      score.metres.push_back({at, m.numerator, m.denominator});
    }
    if (from.tempo != tempo) {
      score.tempos.push_back({at, static_cast<double>(tempos()[static_cast<size_t>(from.tempo)])});
    }
    metre = from.metre;
    tempo = from.tempo;
    for (const GridChord& symbol : from.harmony) {
      if (symbol.chord == chord) continue;
      score.chords.push_back({at + Ticks{symbol.position}, chord_text(symbol.chord, fifths)});
      chord = symbol.chord;
    }
  }
  if (piece.controls.key) {
    score.keys.push_back(
        {Ticks{0}, fifths, *piece.controls.key >= 12 ? Mode::kMinor : Mode::kMajor});
  }
  for (size_t i = 0; i < piece.parts.size(); ++i) {
    Part part;
    part.name = part_name(piece, i);
    part.program = piece.parts[i].instrument.program;
    part.is_drums = piece.parts[i].instrument.is_drums;
    score.parts.push_back(std::move(part));
    append_notes(score, piece, i, begins);
  }
  sort_events(score);
  name_notes(score);
  return score;
}

GridPiece transposed(const GridPiece& piece, int semitones) {
  GridPiece moved = piece;
  const int classes = (semitones % 12 + 12) % 12;
  if (moved.controls.key) {
    const int key = *moved.controls.key;
    moved.controls.key = (key % 12 + classes) % 12 + (key >= 12 ? 12 : 0);
  }
  for (GridBar& bar : moved.bars) {
    for (GridChord& symbol : bar.harmony) {
      if (symbol.chord == kNoChord) continue;
      symbol.chord = (symbol.chord + classes * kChordQualityCount) % kNoChord;
    }
    for (size_t part = 0; part < bar.cells.size(); ++part) {
      if (moved.parts[part].instrument.is_drums) continue;
      for (GridNote& note : bar.cells[part].notes) {
        int pitch = note.pitch + semitones;
        while (pitch > 127) pitch -= 12;
        while (pitch < 0) pitch += 12;
        note.pitch = static_cast<uint8_t>(pitch);
      }
    }
  }
  return moved;
}

}  // namespace motet::tokens
