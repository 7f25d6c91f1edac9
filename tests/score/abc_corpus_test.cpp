// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/abc.h"
#include "motet/score/abc_write.h"
#include "motet/score/formats.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "tests/support/data_dir.h"
#include "tests/support/placed_notes.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

struct Sound {
  int64_t onset = 0;
  int64_t duration = 0;
  auto operator<=>(const Sound&) const = default;
};

using SoundsByPitch = std::map<int, std::vector<Sound>>;

SoundsByPitch sounds_of(const Score& score) {
  SoundsByPitch sounds;
  const Score common = with_resolution(score, 480);
  for (const Part& part : common.parts) {
    for (const Note& note : part.notes) {
      sounds[note.pitch].push_back({note.onset.value, note.duration.value});
    }
  }
  for (auto& [pitch, list] : sounds) std::ranges::sort(list);
  return sounds;
}

/// How many notes both have at the same place. abc2midi spreads the notes of a chord by up to 31 of
/// 480 ticks, as a hand does.
size_t agreeing(const SoundsByPitch& ours, const SoundsByPitch& theirs, bool with_duration) {
  constexpr int64_t kTolerance = 35;
  const auto is_near = [](int64_t a, int64_t b) { return std::abs(a - b) <= kTolerance; };
  size_t count = 0;
  for (const auto& [pitch, list] : ours) {
    const auto found = theirs.find(pitch);
    if (found == theirs.end()) continue;
    std::vector<Sound> left = found->second;
    for (const Sound& sound : list) {
      const auto match = std::ranges::find_if(left, [&](const Sound& other) {
        return is_near(sound.onset, other.onset) &&
               (!with_duration || is_near(sound.duration, other.duration));
      });
      if (match == left.end()) continue;
      left.erase(match);
      ++count;
    }
  }
  return count;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

std::string without(std::string text, const std::string& what) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
  return text;
}

/// What abc2midi makes of the tune that begins at `line`; nothing where it makes nothing. It is not
/// shown fermatas: it holds their notes twice as long, in one voice and not in the others.
std::optional<Score> judged(const std::vector<std::string>& lines, size_t line) {
  const fs::path folder = fs::temp_directory_path() / ("motet-abc-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::string tune;
  bool in_block = false;
  for (size_t i = line - 1; i < lines.size(); ++i) {
    if (lines[i].starts_with("%%begin")) in_block = true;
    if (lines[i].starts_with("%%end")) in_block = false;
    if (lines[i].empty() && !in_block) break;
    tune += without(lines[i], "!fermata!") + "\n";
  }
  write_file(folder / "tune.abc", std::string_view(tune));
  const std::string command = "abc2midi " + (folder / "tune.abc").string() + " -o " +
                              (folder / "tune.mid").string() + " >/dev/null 2>&1";
  std::optional<Score> score;
  if (std::system(command.c_str()) == 0 && fs::exists(folder / "tune.mid")) {
    score = read_midi(read_file(folder / "tune.mid")).score;
  }
  fs::remove_all(folder);
  return score;
}

TEST(AbcCorpus, EveryTuneIsReadAndCanBeWritten) {
  const fs::path path = test::data_dir() / "abc" / "OpenHymnal.abc";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is absent; see CONTRIBUTING.md";
  const AbcFile file = read_abc(read_text(path));
  size_t notes = 0;
  size_t mended = 0;
  for (const AbcTune& tune : file.tunes) {
    notes += count_notes(tune.reading.score);
    mended += tune.reading.mended.empty() ? 0 : 1;
    for (const std::string& sentence : tune.reading.mended) {
      std::cout << "X:" << tune.number << " " << sentence << "\n";
    }
    EXPECT_EQ(count_notes(read_midi(write_midi(tune.reading.score)).score),
              count_notes(tune.reading.score));
    EXPECT_FALSE(write_musicxml(tune.reading.score).empty());
  }
  for (const AbcRefusal& refusal : file.refused) {
    std::cout << "X:" << refusal.number << " " << refusal.reason << "\n";
  }
  std::cout << "tunes read: " << file.tunes.size() << ", of these mended: " << mended
            << ", refused: " << file.refused.size() << ", notes: " << notes << "\n";
  EXPECT_TRUE(file.refused.empty());
}

/// How many things of a kind there are, and how many are the same after writing and reading.
struct Kept {
  size_t all = 0;
  size_t same = 0;

  template <typename List>
  void compare(const List& before, const List& after) {
    all += before.size();
    std::vector<bool> used(after.size(), false);
    size_t from = 0;
    for (const auto& each : before) {
      for (size_t i = from; i < after.size(); ++i) {
        if (used[i] || !(after[i] == each)) continue;
        used[i] = true;
        ++same;
        while (from < after.size() && used[from]) ++from;
        break;
      }
    }
  }
};

std::ostream& operator<<(std::ostream& out, const Kept& kept) {
  return out << kept.same << " of " << kept.all;
}

std::vector<Written> heads_with(const Part& part, uint32_t marks, bool is_tuplet) {
  std::vector<Written> heads;
  std::map<uint32_t, size_t> count;
  for (const Written& head : part.written) ++count[head.note.value];
  for (const Written& head : part.written) {
    const bool is_tied = head.note.value != 0 && count[head.note.value] > 1;
    const bool wanted = is_tuplet    ? head.actual != head.normal
                        : marks != 0 ? (head.marks & marks) != 0
                                     : is_tied;
    if (wanted) heads.push_back(head);
  }
  return heads;
}

TEST(AbcCorpus, EveryTuneSurvivesWritingAbc) {
  const fs::path path = test::data_dir() / "abc" / "OpenHymnal.abc";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is absent; see CONTRIBUTING.md";
  Kept notes;
  Kept heads;
  Kept ties;
  Kept tuplets;
  Kept slurs;
  Kept lyrics;
  Kept chords;
  Kept barlines;
  Kept parts;
  const AbcFile book = read_abc(read_text(path), Repeats::kWritten);
  for (const AbcTune& tune : book.tunes) {
    const Score& before = tune.reading.score;
    const AbcFile file = read_abc(write_abc(before), Repeats::kWritten);
    ASSERT_EQ(file.tunes.size(), 1U) << "X:" << tune.number;
    const Score& after = file.tunes[0].reading.score;
    parts.all += before.parts.size();
    chords.compare(before.chords, after.chords);
    barlines.compare(before.barlines, after.barlines);
    for (size_t i = 0; i < std::min(before.parts.size(), after.parts.size()); ++i) {
      const Part& one = before.parts[i];
      const Part& other = after.parts[i];
      ++parts.same;
      notes.compare(one.notes, other.notes);
      heads.compare(one.written, other.written);
      ties.compare(heads_with(one, 0, false), heads_with(other, 0, false));
      tuplets.compare(heads_with(one, 0, true), heads_with(other, 0, true));
      slurs.compare(heads_with(one, kSlurBegin | kSlurEnd, false),
                    heads_with(other, kSlurBegin | kSlurEnd, false));
      lyrics.compare(one.lyrics, other.lyrics);
    }
    if (notes.same != notes.all || lyrics.same != lyrics.all) {
      std::cout << "X:" << tune.number << " notes " << notes << ", lyrics " << lyrics << "\n";
    }
  }
  std::cout << "kept: voices " << parts << ", notes " << notes << ", heads and rests " << heads
            << ", tied heads " << ties << ", tuplet heads " << tuplets << ", slurs " << slurs
            << ", syllables " << lyrics << ", chord symbols " << chords << ", bar lines "
            << barlines << "\n";
  EXPECT_EQ(notes.same, notes.all);
  EXPECT_EQ(ties.same, ties.all);
  EXPECT_EQ(tuplets.same, tuplets.all);
  EXPECT_EQ(lyrics.same, lyrics.all);
  EXPECT_EQ(chords.same, chords.all);
  EXPECT_EQ(barlines.same, barlines.all);
}

TEST(AbcCorpus, AgreesWithAbc2midi) {
  const fs::path path = test::data_dir() / "abc" / "OpenHymnal.abc";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is absent; see CONTRIBUTING.md";
  if (std::system("abc2midi -ver >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "abc2midi is not installed; apt-get install abcmidi";
  }
  const std::string text = read_text(path);
  const std::vector<std::string> lines = lines_of(text);
  size_t ours = 0;
  size_t theirs = 0;
  size_t same_onset = 0;
  size_t same_note = 0;
  size_t tunes = 0;
  const AbcFile file = read_abc(text);
  for (const AbcTune& tune : file.tunes) {
    const auto judge = judged(lines, tune.line);
    if (!judge) continue;
    ++tunes;
    const SoundsByPitch mine = sounds_of(tune.reading.score);
    const SoundsByPitch other = sounds_of(*judge);
    const size_t agreed = agreeing(mine, other, true);
    const size_t most = std::max(count_notes(tune.reading.score), count_notes(*judge));
    if (agreed < most) {
      std::cout << "X:" << tune.number << " line " << tune.line << ": " << agreed << " of " << most
                << " notes agree\n";
    }
    ours += count_notes(tune.reading.score);
    theirs += count_notes(*judge);
    same_onset += agreeing(mine, other, false);
    same_note += agreed;
  }
  const auto percent = [&](size_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(std::max(ours, theirs));
  };
  std::cout << "tunes: " << tunes << ", notes here: " << ours << ", in abc2midi: " << theirs
            << ", same pitch and onset: " << percent(same_onset)
            << " %, same length too: " << percent(same_note) << " %\n";
  EXPECT_GE(percent(same_note), 99.5);
}

/// The notes of all parts but grace notes, in ticks of 480 a quarter. ABC plays grace notes that
/// are only written elsewhere.
std::vector<test::PlacedNote> notes_but_graces(const Score& score) {
  std::vector<test::PlacedNote> all;
  for (const Part& part : with_resolution(score, 480).parts) {
    for (const test::PlacedNote& note : test::placed_notes(part)) {
      if (note.end > note.at) all.push_back(note);
    }
  }
  std::ranges::sort(all);
  return all;
}

/// How many of the notes are among the others, up to the rounding of tuplets.
size_t notes_found(const std::vector<test::PlacedNote>& notes,
                   std::vector<test::PlacedNote> others) {
  constexpr int64_t kRounding = 12;
  size_t found = 0;
  for (const test::PlacedNote& note : notes) {
    const auto from =
        std::ranges::lower_bound(others, note.at - Ticks{kRounding}, {}, &test::PlacedNote::at);
    for (auto it = from; it != others.end() && it->at <= note.at + Ticks{kRounding}; ++it) {
      if (it->pitch != note.pitch || std::abs((it->end - note.end).value) > kRounding) continue;
      it->pitch = -1;  // taken
      ++found;
      break;
    }
  }
  return found;
}

/// Pages of other formats: several voices a staff, open ties, bars of any length, words anywhere.
TEST(AbcCorpus, NotesOfOtherFormatsSurviveBeingWritten) {
  const fs::path path = test::data_dir() / "scores";
  std::vector<fs::path> files;
  if (fs::exists(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      const std::string extension = entry.path().extension();
      if (extension == ".krn" || extension == ".mxl") files.push_back(entry.path());
    }
  }
  if (files.empty()) GTEST_SKIP() << "no file in " << path << "; see CONTRIBUTING.md";
  std::ranges::sort(files);
  constexpr size_t kUsualStep = 40;
  const char* const chosen = std::getenv("MOTET_ABC_STEP");
  const size_t step = chosen == nullptr ? kUsualStep : std::strtoul(chosen, nullptr, 10);
  size_t all = 0;
  size_t kept = 0;
  for (size_t i = 0; i < files.size(); i += std::max<size_t>(1, step)) {
    Score score;
    try {
      score = read_any(files[i], Repeats::kWritten).pieces.at(0).reading.score;
    } catch (const Error& error) {
      std::cout << error.what() << "\n";  // four kern files; KernCorpus counts them
    }
    if (count_notes(score) == 0) continue;
    const AbcFile again = read_abc(write_abc(score), Repeats::kWritten);
    ASSERT_EQ(again.tunes.size(), 1U) << files[i];
    const std::vector<test::PlacedNote> before = notes_but_graces(score);
    const size_t found = notes_found(before, notes_but_graces(again.tunes[0].reading.score));
    if (found != before.size()) {
      std::cout << files[i] << ": " << before.size() - found << " of " << before.size() << "\n";
    }
    all += before.size();
    kept += found;
  }
  std::cout << "notes: " << all << ", the same again: " << kept << "\n";
  EXPECT_GE(kept * 10'000, all * 9'999);
}

}  // namespace
}  // namespace motet
