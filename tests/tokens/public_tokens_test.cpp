// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/midi.h"
#include "motet/tokens/absolute_time.h"
#include "motet/tokens/midi_events.h"
#include "motet/tokens/triplets.h"
#include "tests/support/data_dir.h"

namespace motet::tokens {
namespace {

using Ids = std::vector<int32_t>;

/// Vocabulary sizes and offsets as the families publish them.
TEST(Triplets, VocabularyIsThePublishedOne) {
  EXPECT_EQ(triplet::kNote, 11'000);
  EXPECT_EQ(triplet::kRest, 27'512);
  EXPECT_EQ(triplet::kControl, 27'513);
  EXPECT_EQ(triplet::kSeparator, 55'025);
  EXPECT_EQ(triplet::kVocabulary, 55'028);
}

TEST(Triplets, AHandMadePieceHasTheIdsOfTheRules) {
  const std::vector<TimedNote> notes{
      {.onset = 50, .duration = 25, .instrument = 0, .pitch = 60},
      {.onset = 50, .duration = 5000, .instrument = 128, .pitch = 38},
      {.onset = 300, .duration = 0, .instrument = 40, .pitch = 127}};
  const Ids ids = encode_triplets(notes, 0, 300);
  EXPECT_EQ(ids, (Ids{50, 10'025, 11'060, 50, 10'999, 11'000 + 128 * 128 + 38, 150, 10'000, 27'512,
                      250, 10'000, 27'512, 300, 10'000, 11'000 + 40 * 128 + 127}));
  const auto back = decode_triplets(ids);
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(back[0], (TimedNote{50, 25, 0, 60, triplet::kVelocity}));
  EXPECT_EQ(back[1], (TimedNote{50, 999, 128, 38, triplet::kVelocity}));
  EXPECT_EQ(back[2], (TimedNote{300, 0, 40, 127, triplet::kVelocity}));
}

/// A control at 8 s comes before the event after the first one at 3 s or later.
TEST(Triplets, ControlsComeFiveSecondsAhead) {
  const Ids events{0, 10'001, 11'000, 300, 10'001, 11'001, 400, 10'001, 11'002};
  const Ids given{800, 10'002, 11'003};
  const Ids controls = as_controls(given);
  EXPECT_EQ(controls, (Ids{28'313, 37'515, 38'516}));
  EXPECT_EQ(anticipated(events, controls), (Ids{0, 10'001, 11'000, 300, 10'001, 11'001, 28'313,
                                                37'515, 38'516, 400, 10'001, 11'002}));
  EXPECT_EQ(decode_triplets(anticipated(events, controls)).size(), 4U);
}

TEST(Triplets, ASeparatorBeginsThePieceBehindTheOneBefore) {
  const auto notes = decode_triplets(
      Ids{triplet::kAutoregress, 10, 10'100, 11'060, triplet::kSeparator, 5, 10'100, 11'061});
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[1].onset, 115);
}

TEST(AbsoluteTime, VocabularyIsThePublishedOne) {
  EXPECT_EQ(aria::kVocabulary, 17'727);
  EXPECT_EQ(aria::class_of(0), 0);
  EXPECT_EQ(aria::class_of(8), -1);
  EXPECT_EQ(aria::class_of(87), 9);
  EXPECT_EQ(aria::class_of(127), -1);
}

TEST(AbsoluteTime, AHandMadePieceHasTheIdsOfTheRules) {
  const std::vector<TimedNote> notes{
      {.onset = 100, .duration = 700, .instrument = 3, .pitch = 60, .velocity = 64},
      {.onset = 1130, .duration = 0, .instrument = 128, .pitch = 35, .velocity = 99},
      {.onset = 1140, .duration = 0, .instrument = 81, .pitch = 0, .velocity = 1}};
  const Ids ids = encode_aria(notes);
  const int first = aria::kNote + 60 * 13 + 6;
  const int last = aria::kNote + 9 * 128 * 13 + 1;
  EXPECT_EQ(ids, (Ids{6, 15, 16, 0,  // piano, synth lead, drums, <S>
                      first, aria::kOnset, aria::kDuration + 500, 5, 5, aria::kDrum,
                      aria::kOnset + 30, last, aria::kOnset + 40, aria::kDuration + 1, 1}));
  const auto back = decode_aria(ids);
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(back[0], (TimedNote{0, 500, 0, 60, 60}));
  EXPECT_EQ(back[1], (TimedNote{1030, 1, 128, 35, 60}));
  EXPECT_EQ(back[2], (TimedNote{1040, 1, 80, 0, 10}));
}

TEST(MidiEvents, ParametersFillTheVocabularyWithoutAGap) {
  int next = midi_event::kFirstKind + midi_event::kKinds;
  for (const midi_event::Parameter& parameter :
       {midi_event::kTime1, midi_event::kTime2, midi_event::kDuration, midi_event::kTrack,
        midi_event::kChannel, midi_event::kPitch, midi_event::kVelocity, midi_event::kProgram,
        midi_event::kController, midi_event::kValue, midi_event::kBpm, midi_event::kNumerator,
        midi_event::kDenominator, midi_event::kFifths, midi_event::kMode}) {
    EXPECT_EQ(parameter.first, next);
    next += parameter.count;
  }
  EXPECT_EQ(next, midi_event::kVocabulary);
}

TEST(MidiEvents, AHandMadePieceHasTheIdsOfTheRules) {
  Score score;
  score.ticks_per_quarter = 96;
  score.tempos = {{Ticks{0}, 90.9}};
  score.metres = {{Ticks{0}, 3, 4}};
  Part part;
  part.program = 40;
  Note note;
  note.onset = Ticks{96 * 2 + 12};  // two quarters and two sixteenths of one
  note.duration = Ticks{48};
  note.pitch = 60;
  note.velocity = 100;
  part.notes = {note};
  score.parts = {part};
  const auto events = encode_midi_events(score, true);
  ASSERT_EQ(events.size(), 6U);
  EXPECT_EQ(events[0], (MidiEvent{1}));
  EXPECT_EQ(events[1], (MidiEvent{7, 9, 137, 2201, 3371, 3386}));
  EXPECT_EQ(events[2], (MidiEvent{6, 9, 137, 2201, 3075}));
  EXPECT_EQ(events[3], (MidiEvent{4, 9, 137, 2202, 2329, 2641}));
  EXPECT_EQ(events[4], (MidiEvent{3, 11, 139, 2202, 2329, 2405, 2573, 161}));
  EXPECT_EQ(events[5], (MidiEvent{2}));
}

TEST(PublicTokens, DecodersMakeTheBestOfAnyIds) {
  uint32_t state = 1;
  const auto next = [&](uint32_t count) {
    state = state * 1'664'525U + 1'013'904'223U;
    return static_cast<int32_t>(state >> 8) % static_cast<int32_t>(count);
  };
  Ids ids;
  std::vector<MidiEvent> events;
  for (int i = 0; i < 3000; ++i) {
    ids.push_back(next(60'000) - 2000);
    MidiEvent event;
    for (int32_t& id : event) id = next(3500) - 50;
    events.push_back(event);
  }
  EXPECT_NO_THROW(to_score(decode_triplets(ids)));
  EXPECT_NO_THROW(to_score(decode_aria(ids)));
  EXPECT_NO_THROW(decode_midi_events(events));
}

/// The law of each grid, on real pieces: what was decoded is a fixed point.
struct Tally {
  int pieces = 0;
  int same = 0;
  int64_t notes = 0;
  int64_t kept = 0;
};

void expect_most(const char* family, const Tally& tally, double share) {
  std::printf("%s: %d of %d pieces come back the same; %lld of %lld notes kept\n", family,
              tally.same, tally.pieces, static_cast<long long>(tally.kept),
              static_cast<long long>(tally.notes));
  EXPECT_GE(tally.same, share * tally.pieces) << family;
}

/// The notes of one onset may come back in another order of parts.
std::vector<TimedNote> sorted(const Ids& ids) {
  std::vector<TimedNote> notes = decode_triplets(ids);
  std::ranges::sort(notes);
  return notes;
}

TEST(PublicTokensCorpus, RealPiecesRoundTripOnTheirGrid) {
  const auto folder = test::data_dir() / "midi";
  std::error_code ignored;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".mid") paths.push_back(entry.path());
  }
  if (paths.size() < 100) GTEST_SKIP() << "no real pieces in " << folder.string();
  std::ranges::sort(paths);
  Tally triplets;
  Tally absolute;
  Tally events;
  for (size_t i = 0; i < paths.size() && triplets.pieces < 150; i += paths.size() / 150) {
    Score score;
    try {
      score = read_midi(read_file(paths[i])).score;
    } catch (const Error&) {
      continue;
    }
    const auto count = static_cast<int64_t>(count_notes(score));
    if (count == 0) continue;
    const auto tally = [&](Tally& into, bool same, int64_t kept) {
      ++into.pieces;
      into.same += same ? 1 : 0;
      into.notes += count;
      into.kept += kept;
    };
    const auto notes = timed_notes(score, PedalUse::kIgnored);
    const Ids ids = encode_triplets(notes, 0, 0);
    const auto decoded = decode_triplets(ids);
    const Ids twice = encode_triplets(timed_notes(to_score(decoded), PedalUse::kIgnored), 0, 0);
    tally(triplets, decode_triplets(twice).size() == decoded.size() && sorted(twice) == sorted(ids),
          static_cast<int64_t>(decoded.size()));
    const Ids spoken = encode_aria(timed_notes(score, PedalUse::kHoldsNotes));
    const auto heard = decode_aria(spoken);
    tally(absolute, decode_aria(encode_aria(heard)) == heard, static_cast<int64_t>(heard.size()));
    const auto written = encode_midi_events(score, true);
    const Score again = decode_midi_events(written);
    const auto rewritten = encode_midi_events(again, true);
    tally(events, decode_midi_events(rewritten) == again, static_cast<int64_t>(count_notes(again)));
  }
  expect_most("arrival-time triplets", triplets, 1.0);
  expect_most("Aria", absolute, 0.98);
  expect_most("midi-model events", events, 0.9);
}

}  // namespace
}  // namespace motet::tokens
