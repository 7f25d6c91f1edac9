// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "motet/base/error.h"
#include "tests/support/random_score.h"

namespace motet {
namespace {

ByteView bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Reading read(const std::string& text) { return read_kern(bytes_of(text)); }

/// One spine of the tokens that stand here with blanks between them; '~' stands for a blank.
std::string spine(const std::string& tokens) {
  std::string text = "**kern\n" + tokens + "\n*-\n";
  std::ranges::replace(text, ' ', '\n');
  std::ranges::replace(text, '~', ' ');
  return text;
}

std::string reason_of(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

bool has_sentence(const Reading& reading, const std::string& part) {
  return std::ranges::any_of(reading.mended, [&](const std::string& sentence) {
    return sentence.find(part) != std::string::npos;
  });
}

/// "onset:pitch+duration" of each note in sixteenths of a whole note... of 1/48 quarters.
std::string notes_of(const Part& part, int ticks_per_quarter) {
  std::string text;
  for (const Note& note : part.notes) {
    const auto at = [&](Ticks ticks) {
      return std::to_string(ticks.value * 12 / ticks_per_quarter);
    };
    text += (text.empty() ? "" : " ") + at(note.onset) + ":" + std::to_string(note.pitch) + "+" +
            at(note.duration);
  }
  return text;
}

std::string notes_of(const Reading& reading, size_t part = 0) {
  return notes_of(reading.score.parts.at(part), reading.score.ticks_per_quarter);
}

// Times below are in twelfths of a quarter.

TEST(Kern, ReadsPitchesAndLengths) {
  EXPECT_EQ(notes_of(read(spine("4c 8.cc# 16BB- 2.G"))), "0:60+12 12:73+9 21:46+3 24:55+36");
  EXPECT_EQ(notes_of(read(spine("0c 3%2d 6e"))), "0:60+96 96:62+32 128:64+8");
}

TEST(Kern, DotsMayStandBehindThePitch) {
  EXPECT_EQ(notes_of(read(spine("1a. 2r. 4c..~4e.. 4d"))), "0:69+72 108:60+21 108:64+21 129:62+12");
}

TEST(Kern, ReadsChordsAndLeavesOutRests) {
  EXPECT_EQ(notes_of(read(spine("4c~4e~g 4r 2d"))), "0:60+12 0:64+12 0:67+12 24:62+24");
}

TEST(Kern, NamesPitchesAsTheyAreSpelt) {
  const Score score = read(spine("4d- 4c# 4B## 4F--")).score;
  EXPECT_EQ(score.parts[0].notes[0].spelling, -5);
  EXPECT_EQ(score.parts[0].notes[1].spelling, 7);
  EXPECT_EQ(score.parts[0].notes[2].spelling, 19);
  EXPECT_EQ(score.parts[0].notes[3].spelling, -15);
  EXPECT_EQ(score.parts[0].notes[1].pitch, 61);
}

TEST(Kern, TiedHeadsAreOneNote) {
  const Reading reading = read(spine("*M2/4 [2c =2 _2c =3 4c] 4d"));
  EXPECT_EQ(notes_of(reading), "0:60+60 60:62+12");
  const auto& written = reading.score.parts[0].written;
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[0].note, written[2].note);
  EXPECT_NE(written[2].note, written[3].note);
}

TEST(Kern, ATieToNothingStaysOpen) {
  const Reading reading = read(spine("[4c 4r 4c]"));
  EXPECT_EQ(notes_of(reading), "0:60+12 24:60+12");
  EXPECT_TRUE(reading.score.parts[0].written[0].has(kTieOpen));
  EXPECT_TRUE(has_sentence(reading, "line 4: a tie from a note that is not there"));
}

TEST(Kern, TripletsHaveBrackets) {
  const Reading reading = read(spine("12c 12d 12e 6c 12d 4e"));
  const auto& written = reading.score.parts[0].written;
  EXPECT_EQ(written[0].value, 3);
  EXPECT_EQ(written[0].actual, 3);
  EXPECT_EQ(written[0].normal, 2);
  EXPECT_TRUE(written[0].has(kTupletBegin));
  EXPECT_FALSE(written[1].has(kTupletEnd));
  EXPECT_TRUE(written[2].has(kTupletEnd));
  EXPECT_EQ(written[3].value, 2);
  EXPECT_TRUE(written[3].has(kTupletBegin));
  EXPECT_TRUE(written[4].has(kTupletEnd));
  EXPECT_EQ(written[5].actual, 1);
}

TEST(Kern, SplitsAndJoinsAreVoices) {
  const Reading reading = read("**kern\n4c\n*^\n4d\t2G\n4e\t.\n*v\t*v\n4f\n*-\n");
  EXPECT_EQ(notes_of(reading), "0:60+12 12:55+24 12:62+12 24:64+12 36:65+12");
  EXPECT_EQ(reading.score.parts[0].notes[1].voice, 1);
  EXPECT_TRUE(reading.mended.empty());
}

TEST(Kern, ExchangedSpinesKeepTheirParts) {
  const Reading reading = read("**kern\t**kern\n4c\t4e\n*x\t*x\n4f\t4d\n*-\t*-\n");
  EXPECT_EQ(notes_of(reading, 0), "0:64+12 12:65+12");
  EXPECT_EQ(notes_of(reading, 1), "0:60+12 12:62+12");
}

TEST(Kern, ALengthThatTheFirstNoteOfAChordDoesNotSayIsMeasured) {
  const Score score = read("**kern\n [A5 A]\n*-\n").score;
  ASSERT_FALSE(score.parts.at(0).notes.empty());
  EXPECT_EQ(score.parts[0].notes[0].duration.value * 5, score.ticks_per_quarter * 4);
  EXPECT_EQ(read(write_kern(score)).score, score);
}

TEST(Kern, TheDigitsOfATremoloAreNoLength) {
  const Score score = read("**kern\n@0@4[A _A\n*-\n").score;
  ASSERT_FALSE(score.parts.at(0).notes.empty());
  EXPECT_EQ(score.parts[0].notes[0].duration.value, score.ticks_per_quarter);
}

/// A record is one field, however many spines there are.
TEST(Kern, RecordsMayStandAfterASpineThatWasAdded) {
  const Reading reading = read("**kern\n4c\n*+\n!!!OTL: Duo\n*\t**kern\n4d\t4g\n*-\t*-\n");
  EXPECT_EQ(reading.score.title, "Duo");
  EXPECT_EQ(count_notes(reading.score), 3U);
}

TEST(Kern, AddedSpinesAreParts) {
  const Reading reading = read("**kern\n4c\n*+\n*\t**kern\n4d\t4g\n*-\t*-\n");
  ASSERT_EQ(reading.score.parts.size(), 2U);
  EXPECT_EQ(notes_of(reading, 0), "12:67+12");
}

TEST(Kern, PartsGoFromTheRightAndTwoHandsAreOnePart) {
  const Score score =
      read(
          "**kern\t**kern\t**kern\n*part2\t*part2\t*part1\n*staff3\t*staff2\t*staff1\n"
          "*I\"Pianoforte\t*\t*I\"Canto\n*Ipiano\t*Ipiano\t*Isoprn\n*clefF4\t*clefG2\t*clefC1\n"
          "4C\t4c\t4g\n*-\t*-\t*-\n")
          .score;
  ASSERT_EQ(score.parts.size(), 2U);
  EXPECT_EQ(score.parts[0].name, "Canto");
  EXPECT_EQ(score.parts[0].program, 52);
  EXPECT_EQ(score.parts[1].name, "Pianoforte");
  EXPECT_EQ(score.parts[1].staves, 2);
  ASSERT_EQ(score.parts[1].written.size(), 2U);
  EXPECT_EQ(score.parts[1].written[0].pitch, 60);
  EXPECT_EQ(score.parts[1].written[1].staff, 1);
  EXPECT_EQ(score.parts[1].written[1].voice, 1);
  EXPECT_EQ(score.parts[1].clefs[1].sign, 'G');
}

TEST(Kern, BarsAgreeWithTheBarLines) {
  const Score score = read(spine("*M3/4 4c =1 2.d =2 4e 4f =3 2.g =4 8a 8b ==")).score;
  std::vector<int64_t> lengths;
  for (const Bar& bar : bars_of(score))
    lengths.push_back(bar.length.value * 4 / score.ticks_per_quarter);
  EXPECT_EQ(lengths, (std::vector<int64_t>{4, 12, 8, 12, 4}));
  EXPECT_FALSE(score.metres[0].is_hidden);
  EXPECT_EQ(score.metres[0].numerator, 3);
  EXPECT_TRUE(score.metres[1].is_hidden);
  EXPECT_EQ(score.metres[1].numerator, 1);
}

TEST(Kern, ReadsKeysTempoAndRepeats) {
  const Score score = read(spine("*k[b-e-] *g: *MM96.5 =1!|: *M4/4 1c =2:|! 1d =3||")).score;
  ASSERT_EQ(score.keys.size(), 1U);
  EXPECT_EQ(score.keys[0].fifths, -2);
  EXPECT_EQ(score.keys[0].mode, Mode::kMinor);
  EXPECT_EQ(score.tempos.at(0).quarters_per_minute, 96.5);
  ASSERT_EQ(score.barlines.size(), 3U);
  EXPECT_EQ(score.barlines[0].kind, BarlineKind::kRepeatBegin);
  EXPECT_EQ(score.barlines[1].kind, BarlineKind::kRepeatEnd);
  EXPECT_EQ(score.barlines[2].kind, BarlineKind::kDouble);
}

TEST(Kern, SectionLabelsWithNumbersAreEndings) {
  const Reading reading = read(spine("*>[A,A1,A,A2] *>A *M4/4 1c =2 *>A1 1d =3:|! *>A2 1e =="));
  const auto& barlines = reading.score.barlines;
  std::string kinds;
  for (const Barline& each : barlines)
    kinds += std::to_string(static_cast<int>(each.kind)) + each.text + " ";
  EXPECT_EQ(kinds, "21 1 3 22 6 3 ");
  EXPECT_TRUE(reading.mended.empty());
  const Reading other = read(spine("*>[A,B,A] *>A *M4/4 1c =2 *>B 1d =="));
  EXPECT_TRUE(has_sentence(other, "line 2: an order of sections"));
}

TEST(Kern, GraceNotesTakeNoTime) {
  const Reading reading = read(spine("4c 8qd 8qqe~8qqg 4f"));
  EXPECT_EQ(notes_of(reading), "0:60+12 12:65+12");
  const auto& written = reading.score.parts[0].written;
  ASSERT_EQ(written.size(), 5U);
  EXPECT_TRUE(written[1].has(kGrace) && written[1].has(kSlashed));
  EXPECT_TRUE(written[2].has(kGrace) && !written[2].has(kSlashed));
  EXPECT_TRUE(written[3].has(kChord));
  EXPECT_EQ(written[1].note.value, 0U);
}

TEST(Kern, ReadsSyllablesDynamicsAndChords) {
  const Score score =
      read(
          "**kern\t**text\t**text\t**dynam\t**mxhm\n4c\tA-\tO\tp<\tC minor-seventh/G\n"
          "4d\t-ve_\t.\t[\t.\n*-\t*-\t*-\t*-\t*-\n")
          .score;
  const Part& part = score.parts[0];
  ASSERT_EQ(part.lyrics.size(), 3U);
  EXPECT_EQ(part.lyrics[0].syllabic, Syllabic::kBegin);
  EXPECT_EQ(part.lyrics[1].verse, 2);
  EXPECT_EQ(part.lyrics[2].text, "ve");
  EXPECT_TRUE(part.lyrics[2].is_extended);
  ASSERT_EQ(part.directions.size(), 3U);
  EXPECT_EQ(part.directions[0].text, "p");
  EXPECT_EQ(part.directions[1].kind, DirectionKind::kCrescendo);
  EXPECT_EQ(part.directions[2].kind, DirectionKind::kWedgeEnd);
  EXPECT_EQ(score.chords.at(0).text, "Cm7/G");
}

TEST(Kern, TransposingInstrumentsAreWrittenAsTheySound) {
  const Score score = read(spine("*ITrd1c2 4B-")).score;
  EXPECT_EQ(score.parts[0].notes[0].pitch, 58);
  EXPECT_EQ(score.parts[0].transposition, (Transposition{-2, -1}));
  const Score moved = read(spine("*Trd1c2 4c")).score;
  EXPECT_EQ(moved.parts[0].notes[0].pitch, 58);
  EXPECT_EQ(moved.parts[0].notes[0].spelling, -2);
}

TEST(Kern, ReadsRecordsAndRights) {
  const Score score =
      read(
          "!!!COM: Chopin, Fryderyk\n!!!OTL: &Eacute;tude\n!!!YEC: Copyright 2022 X\n"
          "!!!YEM: CC-BY-4.0\n" +
          spine("4c"))
          .score;
  EXPECT_EQ(score.composer, "Chopin, Fryderyk");
  EXPECT_EQ(score.title, "Étude");
  EXPECT_EQ(score.rights, "Copyright 2022 X; CC-BY-4.0");
}

TEST(Kern, ResolutionHoldsEveryDuration) {
  EXPECT_EQ(read(spine("4c 12d")).score.ticks_per_quarter, 480);
  EXPECT_EQ(read(spine("28c")).score.ticks_per_quarter, 3360);
  const Reading fine = read(spine("44c 52d 68e 76f 23g"));
  EXPECT_TRUE(has_sentence(fine, "rounded"));
}

TEST(Kern, ANoteThatIsTooLongIsCut) {
  const Reading reading = read("**kern\t**kern\t**kern\n4c\t2e\t4g\n4d\t4f\t4a\n*-\t*-\t*-\n");
  EXPECT_EQ(notes_of(reading, 1), "0:64+12 12:65+12");
  EXPECT_EQ(reading.score.parts[1].written[0].value, 2);
  EXPECT_TRUE(has_sentence(reading, "line 3: a note that lasts beyond the next"));
}

TEST(Kern, SilenceWithoutARestGetsAnInvisibleOne) {
  const Reading reading = read("**kern\t**kern\t**kern\n4c\t2e\t2g\n4d\t4f\t4a\n*-\t*-\t*-\n");
  EXPECT_EQ(notes_of(reading, 2), "0:60+12 24:62+12");
  EXPECT_TRUE(reading.score.parts[2].written[1].has(kInvisible));
  EXPECT_TRUE(has_sentence(reading, "line 3: silence that no rest stands for"));
}

TEST(Kern, WhatIsWrittenIsReadAgain) {
  const std::vector<std::string> files = {
      spine("*M2/4 [2c =2 4c] 8.e'^ 16f; =3 (12c 12d) 12e 4r =4:|! 8qd 8qqe~8qqg 2f =="),
      spine("*k[f#] *e: *MM88 *M3/4 *clefGv2 4e =1 2.g 4a =2- 4b 4r =3|| 2.ryy"),
      spine("*>A *M4/4 1c =2 *>A1 1d =3:|! *>A2 1e == "),
      "**kern\n*M4/4\n1c\n=2\n*^\n4d\t2G\n4e\t.\n*v\t*v\n8qf\n2f\n==\n*-\n",
      "**kern\t**kern\t**text\t**text\t**dynam\t**kern\t**text\n"
      "*part2\t*part2\t*\t*\t*\t*part1\t*\n*I\"Organ\t*\t*\t*\t*\t*I\"Flute & co\t*\n"
      "*Iorgan\t*Iorgan\t*\t*\t*\t*Iflt\t*\n*ped\t*8va\t*\t*\t*\t*\t*\n"
      "!\t!\t!\t!\t!\t!LO:TX:a:t=dolce&colon; e\t!\n"
      "4C\t4c\tAl-\tO_\tmf<\t4cc\t.\n4D\t4d\t-le-\t.\t[\t4dd\t=x\n"
      "*Xped\t*X8va\t*\t*\t*\t*\t*\n=\t=\t=\t=\t=\t=\t=\n"
      "4E\t4e\t-lu\t.\tp f\t4ee~-\t.a\n*-\t*-\t*-\t*-\t*-\t*-\t*-\n",
      "**recip\t**kern\t**cdata\n2\t1c\tAm7\n2\t.\tG\n1\t[1d^~\t.\n*-\t*-\t*-\n",
  };
  for (const std::string& file : files) {
    const Score score = read(file).score;
    const std::string text = write_kern(score);
    EXPECT_EQ(read(text).score, score) << file << text;
  }
}

TEST(Kern, ARecipSpineCountsTheTimeBetweenNotes) {
  const Score score = read("**recip\t**kern\t**cdata\n2\t1c\tAm7\n2\t.\tG\n*-\t*-\t*-\n").score;
  ASSERT_EQ(score.chords.size(), 2U);
  EXPECT_EQ(score.chords[1].at.value, 2 * score.ticks_per_quarter);
}

TEST(Kern, MoreVoicesThanColumnsAreRefused) {
  Score score;
  Part& part = score.parts.emplace_back();
  for (int i = 0; i < 61; ++i) {
    part.notes.push_back({.onset = Ticks{i}, .duration = Ticks{1'000}, .pitch = 60, .id = {}});
  }
  EXPECT_THROW(write_kern(score), Error);
  part.notes.pop_back();
  EXPECT_EQ(count_notes(read(write_kern(score)).score), 60U);
}

TEST(Kern, AVoiceThatPausesWithoutARestComesBackInTime) {
  Score score;
  score.ticks_per_quarter = 24;
  Part& part = score.parts.emplace_back();
  const auto add = [&](int64_t at, int64_t duration, uint8_t voice, uint8_t pitch) {
    const NoteId id{static_cast<uint32_t>(part.notes.size() + 1)};
    part.notes.push_back(
        {.onset = Ticks{at}, .duration = Ticks{duration}, .pitch = pitch, .id = id});
    Written head;
    head.at = Ticks{at};
    head.duration = Ticks{duration};
    head.note = id;
    head.pitch = pitch;
    head.voice = voice;
    head.marks = kUntypedValue;
    part.written.push_back(head);
  };
  add(0, 36, 0, 45);
  add(0, 6, 1, 57);
  add(6, 6, 1, 58);
  add(36, 36, 0, 47);
  add(36, 12, 1, 59);
  const Score again = with_resolution(read(write_kern(score)).score, 24);
  std::vector<std::tuple<int64_t, uint8_t, int64_t>> heard;
  for (const Note& note : again.parts.at(0).notes) {
    heard.emplace_back(note.onset.value, note.pitch, note.duration.value);
  }
  const decltype(heard) expected = {
      {0, 45, 36}, {0, 57, 6}, {6, 58, 6}, {36, 47, 36}, {36, 59, 12}};
  EXPECT_EQ(heard, expected) << write_kern(score);
}

TEST(Kern, SoundWithoutAPageIsWrittenInVoicesAndBars) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Score score = test::random_score(seed);
    for (Part& part : score.parts) part.is_drums = false;
    const Score again = read(write_kern(score)).score;
    ASSERT_EQ(again.parts.size(), score.parts.size());
    EXPECT_EQ(again.ticks_per_quarter, score.ticks_per_quarter);
    for (size_t i = 0; i < score.parts.size(); ++i) {
      const auto sounds = [](const Part& part) {
        std::vector<std::tuple<Ticks, uint8_t, Ticks>> result;
        for (const Note& note : part.notes)
          result.emplace_back(note.onset, note.pitch, note.duration);
        std::ranges::sort(result);
        return result;
      };
      EXPECT_EQ(sounds(again.parts[i]), sounds(score.parts[i])) << "seed " << seed;
      EXPECT_EQ(again.parts[i].program, score.parts[i].program);
    }
    EXPECT_EQ(again.chords.size(), score.chords.size());
    EXPECT_EQ(again.title, score.title);
  }
}

TEST(Kern, DurationsThatHadToBeRoundedAreWrittenInTheirSimplestForm) {
  std::string text = "**kern\t**kern\n*M1/4\t*M1/4\n";
  int bar = 0;
  for (const int tuplet : {11, 13, 17, 19}) {
    const std::string line = "=" + std::to_string(++bar);
    text += line + "\t" + line + "\n";
    for (int i = 0; i < tuplet; ++i) {
      text += std::to_string(4 * tuplet) + "c\t" + (i == 0 ? "4e" : ".") + "\n";
    }
  }
  const Reading reading = read(text + "==\t==\n*-\t*-\n");
  ASSERT_EQ(reading.mended.size(), 1U);
  EXPECT_NE(reading.mended[0].find("which were rounded"), std::string::npos);
  const std::string written = write_kern(reading.score);
  EXPECT_NE(written.find("76c"), std::string::npos) << written;
  EXPECT_EQ(read(written).score, reading.score);
}

TEST(Kern, ErrorsNameTheLineAndTheField) {
  EXPECT_EQ(reason_of("**kern\t**kern\n4c\t4e\n4c\n"),
            "kern: line 3: expected 2 fields, one for each spine, found 1");
  EXPECT_EQ(
      reason_of("**kern\t**kern\n4c\t99999999e\n"),
      "kern: line 2: field 2: expected a duration of at most 262144 whole notes and no finer than "
      "1/131072, found \"99999999e\"");
  EXPECT_EQ(reason_of("hello\n"),
            "kern: line 1: field 1: expected the kind of a spine such as **kern, found \"hello\"");
  EXPECT_EQ(reason_of(""), "kern: expected a **kern spine, found none");
  EXPECT_EQ(reason_of("**dynam\np\n"), "kern: expected a **kern spine, found **dynam");
}

TEST(Kern, TooManySpinesAreRefused) {
  std::string wide = "**kern";
  for (int i = 0; i < 1'000'000; ++i) wide += "\t**kern";
  EXPECT_EQ(reason_of(wide + "\n"), "kern: line 1: expected at most 2000 spines, found 1000001");
  std::string splits = "**kern\n";
  std::string line = "*^";
  for (int i = 0; i < 14; ++i) {
    splits += line + "\n";
    line += "\t" + line;
  }
  EXPECT_EQ(reason_of(splits), "kern: line 12: expected at most 2000 spines, found 2048");
}

}  // namespace
}  // namespace motet
