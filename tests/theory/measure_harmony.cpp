// SPDX-License-Identifier: Apache-2.0
// Measures chords against lead sheets and local keys against hymns set one after another; see
// docs/evaluation.md. The lists of files come from tools/measure_music21.py's rule: every nth piece
// of a source, in the order of metadata.jsonl.
//
//   measure_harmony build/data/midi [every nth piece, 1]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/score/midi.h"
#include "motet/theory/chord.h"
#include "motet/theory/roman.h"

namespace motet {
namespace {

struct ChordTally {
  double time = 0;
  double root = 0;
  double majmin = 0;
  double quality = 0;
};

bool is_minor(ChordQuality q) {
  return q == ChordQuality::kMinor || q == ChordQuality::kDiminished ||
         q == ChordQuality::kMinor7 || q == ChordQuality::kHalfDiminished7 ||
         q == ChordQuality::kDiminished7;
}

// Compares two rows of chords by the time for which they agree.
void compare(const std::vector<ChordSpan>& truth, const std::vector<ChordSpan>& found,
             ChordTally& tally) {
  for (const ChordSpan& t : truth) {
    if (!t.chord) continue;
    tally.time += static_cast<double>((t.end - t.begin).value);
    for (const ChordSpan& f : found) {
      const int64_t both = (std::min(t.end, f.end) - std::max(t.begin, f.begin)).value;
      if (both <= 0 || !f.chord || f.chord->root != t.chord->root) continue;
      const auto time = static_cast<double>(both);
      tally.root += time;
      if (is_minor(f.chord->quality) == is_minor(t.chord->quality)) tally.majmin += time;
      if (f.chord->quality == t.chord->quality) tally.quality += time;
    }
  }
}

std::vector<ChordSpan> written_chords(const Score& score) {
  std::vector<ChordSpan> spans;
  for (size_t i = 0; i < score.markers.size(); ++i) {
    const Ticks end = i + 1 < score.markers.size() ? score.markers[i + 1].at : end_of(score);
    if (end > score.markers[i].at) {
      spans.push_back({score.markers[i].at, end, parse_chord(score.markers[i].text)});
    }
  }
  return spans;
}

std::vector<ChordSpan> by_numerals(const Score& score) {
  std::vector<ChordSpan> spans;
  for (const RomanNumeral& numeral : roman_numerals(score)) {
    spans.push_back({numeral.begin, numeral.end, chord_of(numeral)});
  }
  return spans;
}

// The lead sheet as a pianist plays it: the melody, and its chords as blocks below.
Score accompanied(Score score, const std::vector<ChordSpan>& chords) {
  score.parts.emplace_back();
  for (const ChordSpan& span : chords) {
    if (!span.chord) continue;
    const unsigned mask = pitch_classes(*span.chord);
    const auto add = [&](int pitch) {
      Note note;
      note.onset = span.begin;
      note.duration = span.end - span.begin;
      note.pitch = static_cast<uint8_t>(pitch);
      score.parts.back().notes.push_back(note);
    };
    add(36 + span.chord->root);
    for (int pc = 0; pc < 12; ++pc) {
      if ((mask >> static_cast<unsigned>(pc) & 1U) != 0) add(48 + pc);
    }
  }
  sort_events(score);
  return score;
}

void print(const char* name, const ChordTally& t) {
  std::printf("%-44s %6.1f%% %6.1f%% %6.1f%%\n", name, 100 * t.root / t.time,
              100 * t.majmin / t.time, 100 * t.quality / t.time);
}

void measure_chords(const std::vector<Score>& sheets) {
  ChordTally template_tally;
  ChordTally numeral_tally;
  ChordTally template_full;
  ChordTally numeral_full;
  for (const Score& sheet : sheets) {
    const std::vector<ChordSpan> truth = written_chords(sheet);
    compare(truth, label_chords(sheet), template_tally);
    compare(truth, by_numerals(sheet), numeral_tally);
    const Score full = accompanied(sheet, truth);
    compare(truth, label_chords(full), template_full);
    compare(truth, by_numerals(full), numeral_full);
  }
  std::printf("%zu lead sheets%31s %6s %7s %7s\n", sheets.size(), "", "root", "majmin", "full");
  print("melody alone, label_chords", template_tally);
  print("melody alone, roman_numerals", numeral_tally);
  print("with block chords, label_chords", template_full);
  print("with block chords, roman_numerals", numeral_full);
}

// Hymns set one after another, in their own keys: where one ends is where the key changes.
struct Medley {
  Score score;
  std::vector<KeySpan> keys;
};

Medley medley_of(const std::vector<std::pair<Score, Key>>& hymns, size_t first, size_t count) {
  Medley medley;
  medley.score.ticks_per_quarter = 480;
  medley.score.parts.emplace_back();
  Ticks at{0};
  for (size_t i = first; i < first + count; ++i) {
    const Score hymn = with_resolution(hymns[i].first, 480);
    for (MetreChange metre : hymn.metres) {
      metre.at += at;
      medley.score.metres.push_back(metre);
    }
    for (const Part& part : hymn.parts) {
      for (Note note : part.notes) {
        note.onset += at;
        medley.score.parts[0].notes.push_back(note);
      }
    }
    const Ticks end = at + end_of(hymn);
    medley.keys.push_back({at, end, hymns[i].second});
    at = end;
  }
  sort_events(medley.score);
  return medley;
}

void measure_keys(const std::vector<std::pair<Score, Key>>& hymns) {
  double time = 0;
  double right = 0;
  double near = 0;
  size_t changes = 0;
  size_t pieces = 0;
  for (size_t i = 0; i + 3 <= hymns.size(); i += 3) {
    const Medley medley = medley_of(hymns, i, 3);
    const std::vector<KeySpan> found = local_keys(medley.score, {.use_signature = false});
    changes += found.size() - 1;
    ++pieces;
    for (const KeySpan& t : medley.keys) {
      time += static_cast<double>((t.end - t.begin).value);
      for (const KeySpan& f : found) {
        const int64_t both = (std::min(t.end, f.end) - std::max(t.begin, f.begin)).value;
        if (both <= 0) continue;
        const auto share = static_cast<double>(both);
        if (f.key == t.key) right += share;
        const int away = std::abs(fifths_of(f.key) - fifths_of(t.key)) % 12;
        if (std::min(away, 12 - away) <= 1) near += share;
      }
    }
  }
  std::printf(
      "\n%zu medleys of three hymns: %.1f%% of the time in the labelled key, %.1f%% within a "
      "fifth of it; %.1f changes of key each\n",
      pieces, 100 * right / time, 100 * near / time,
      static_cast<double>(changes) / static_cast<double>(pieces));
}

void run(const std::filesystem::path& folder, size_t step) {
  std::ifstream list(folder / "metadata.jsonl");
  std::vector<Score> sheets;
  std::vector<std::pair<Score, Key>> hymns;
  size_t seen = 0;
  for (std::string line; std::getline(list, line);) {
    const Json entry = parse_json(line, "metadata.jsonl");
    const std::string source = entry.at("source");
    const bool is_sheet = source == "openewld" && seen++ % step == 0;
    if (!is_sheet && source != "open-hymnal") continue;
    Score score = read_midi(read_file(folder / entry.at("file").get<std::string>())).score;
    if (is_sheet) {
      sheets.push_back(std::move(score));
    } else if (const auto key = parse_key(entry.value("key_label", ""))) {
      hymns.emplace_back(std::move(score), *key);
    }
  }
  measure_chords(sheets);
  measure_keys(hymns);
}

}  // namespace
}  // namespace motet

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: measure_harmony FOLDER [EVERY]\n";
    return 2;
  }
  try {
    motet::run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
    return 0;
  } catch (const motet::Error& error) {
    std::cerr << "measure_harmony: " << error.what() << "\n";
    return 1;
  }
}
