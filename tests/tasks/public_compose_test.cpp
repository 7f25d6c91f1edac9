// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_compose.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "motet/score/tempo_map.h"
#include "motet/tasks/public_request.h"
#include "tests/models/made_checkpoint.h"

namespace motet::tasks {
namespace {

namespace fs = std::filesystem;
using models::Family;

/// A byte-level tokenizer.json of the 26 letters and the blank; enough for a test's words.
std::string letters_json() {
  Json vocabulary = Json::object();
  for (int i = 0; i < 95; ++i) vocabulary[std::string(1, static_cast<char>('!' + i))] = i;
  vocabulary["\u0120"] = 95;  // the blank, as byte-level tokenizers write it
  const Json json = {
      {"version", "1.0"},
      {"added_tokens", Json::array()},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
      {"post_processor", nullptr},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}};
  return to_text(json);
}

/// A GPT-2 that states one of MidiTok's tokenizers.
fs::path made_shape(const std::string& tokenizer, const fs::path& folder) {
  const fs::path golden = fs::path(MOTET_GOLDEN_DIR);
  const fs::path stated = golden / "miditok" / (tokenizer + ".json");
  const Json json = parse_json(read_text(stated), stated.string());
  const auto read = tokens::read_event_tokenizer(json["tokenizer"], "tokenizer.json");
  const auto size = static_cast<int64_t>(read->vocabulary().size());
  std::vector<test::MadeTensor> tensors = test::made_tensors(golden / "checkpoints" / "gpt2");
  std::vector<nn::NamedTensor> named;
  for (test::MadeTensor& tensor : tensors) {
    if (tensor.name.find("wte") != std::string::npos) {
      tensor.shape[0] = size;
      tensor.floats =
          test::made_values(tensor.name, static_cast<size_t>(nn::count_of(tensor.shape)), 0.0, 0.4);
    }
    named.push_back(tensor.named());
  }
  fs::create_directories(folder);
  nn::write_safetensors(folder / "model.safetensors", named, {});
  Json config = parse_json(read_text(golden / "checkpoints" / "gpt2" / "config.json"), "gpt2");
  config["vocab_size"] = size;
  write_file(folder / "config.json", to_text(config));
  write_file(folder / "tokenizer.json", to_text(json["tokenizer"]));
  return folder;
}

fs::path made_folder(const std::string& name) {
  const fs::path folder =
      fs::temp_directory_path() / ("motet_public_" + name + "_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  if (name == "remi" || name == "tsd_programs") return made_shape(name, folder);
  test::write_made(fs::path(MOTET_GOLDEN_DIR) / "checkpoints" / name, folder);
  if (name == "midi_llm") write_file(folder / "tokenizer.json", letters_json());
  return folder;
}

/// What every writer and every listener may rely on.
void expect_well_formed(const Score& score) {
  ASSERT_GT(count_notes(score), 0U);
  Score sorted = score;
  sort_events(sorted);
  EXPECT_EQ(sorted, score);
  size_t melodic = 0;
  for (const Part& part : score.parts) {
    melodic += part.is_drums ? 0 : 1;
    for (const Note& note : part.notes) {
      EXPECT_GE(note.onset.value, 0);
      EXPECT_GE(note.duration.value, 1);
      EXPECT_LE(note.pitch, 127);
      EXPECT_TRUE(note.velocity >= 1 && note.velocity <= 127);
    }
  }
  EXPECT_LE(melodic, 15U);
  const Score heard = read_midi(write_midi(score)).score;
  EXPECT_EQ(count_notes(heard), count_notes(score));
  const std::string xml = write_musicxml(score);
  EXPECT_NO_THROW(
      read_musicxml(ByteView(reinterpret_cast<const uint8_t*>(xml.data()), xml.size())));
}

/// Every note of `piece` is in `score`, at its time, in a part of its instrument.
void expect_kept(const Score& piece, const Score& score) {
  const TempoMap before(piece);
  const TempoMap after(score);
  ASSERT_GE(score.parts.size(), piece.parts.size());
  for (size_t i = 0; i < piece.parts.size(); ++i) {
    EXPECT_EQ(score.parts[i].program, piece.parts[i].program);
    for (const Note& note : piece.parts[i].notes) {
      const double begin = before.to_seconds(note.onset).value;
      const double end = before.to_seconds(note.onset + note.duration).value;
      EXPECT_TRUE(std::ranges::any_of(
          score.parts[i].notes,
          [&](const Note& kept) {
            return kept.pitch == note.pitch && kept.velocity == note.velocity &&
                   std::abs(after.to_seconds(kept.onset).value - begin) < 1e-9 &&
                   std::abs(after.to_seconds(kept.onset + kept.duration).value - end) < 1e-9;
          }))
          << "part " << i << ", pitch " << int{note.pitch} << " at " << begin;
    }
  }
}

Score a_tune() {
  Score score;
  score.ticks_per_quarter = 96;
  score.tempos = {{Ticks{0}, 100.0}};
  score.metres = {{Ticks{0}, 3, 4}};
  score.keys = {{Ticks{0}, 1, Mode::kMajor}};
  Part part;
  part.name = "fiddle";
  part.program = 40;
  for (int i = 0; i < 24; ++i) {
    Note note;
    note.onset = Ticks{i * 48};
    note.duration = Ticks{i % 3 == 0 ? 60 : 48};
    note.pitch = static_cast<uint8_t>(60 + i * 5 % 13);
    note.velocity = static_cast<uint8_t>(50 + i);
    part.notes.push_back(note);
  }
  score.parts = {part};
  sort_events(score);
  name_notes(score);
  return score;
}

class EachFamily : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { folder_ = made_folder(GetParam()); }
  void TearDown() override { fs::remove_all(folder_); }

  Request request_of(const PublicModel& model, uint64_t seed) {
    Request wish;
    wish.seed = seed;
    wish.tokens = 150;
    if (reads_text(model.kind())) wish.prompt = "Romantic/Chopin, Frederic/Keyboard";
    return resolve_for(model.kind(), wish);
  }

  ThreadPool pool_{2};
  fs::path folder_;
};

TEST_P(EachFamily, WritesAWellFormedScoreWhateverTheWeights) {
  const PublicModel model(folder_, pool_);
  for (uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Composition made = compose_public(request_of(model, seed), nullptr, model, {});
    EXPECT_FALSE(made.stopped);
    EXPECT_GT(made.tokens, 0);
    expect_well_formed(made.score);
  }
}

TEST_P(EachFamily, TheLikeliestAloneComesToAnEnd) {
  const PublicModel model(folder_, pool_);
  Request request = request_of(model, 1);
  request.temperature = 0.0;
  expect_well_formed(compose_public(request, nullptr, model, {}).score);
}

TEST_P(EachFamily, WhatIsGivenStaysAsItIs) {
  const PublicModel model(folder_, pool_);
  const Score piece = a_tune();
  for (uint64_t seed = 0; seed < 2; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Score more = compose_public(request_of(model, seed), &piece, model, {}).score;
    EXPECT_GT(count_notes(more), count_notes(piece));
    expect_well_formed(more);
    expect_kept(piece, more);
  }
}

TEST_P(EachFamily, TheSameRequestGivesTheSameScoreOnAnyThreads) {
  const PublicModel model(folder_, pool_);
  ThreadPool one(1);
  const PublicModel alone(folder_, one);
  const Score piece = a_tune();
  const Request request = request_of(model, 5);
  EXPECT_EQ(compose_public(request, nullptr, model, {}).score,
            compose_public(request, nullptr, alone, {}).score);
  EXPECT_EQ(compose_public(request, &piece, model, {}).score,
            compose_public(request, &piece, alone, {}).score);
  EXPECT_NE(compose_public(request, nullptr, model, {}).score,
            compose_public(request_of(model, 6), nullptr, model, {}).score);
}

TEST_P(EachFamily, AStopLeavesWhatIsWritten) {
  const PublicModel model(folder_, pool_);
  Progress progress;
  progress.request_stop();
  const Composition made = compose_public(request_of(model, 3), nullptr, model, progress);
  EXPECT_TRUE(made.stopped);
  EXPECT_LT(made.tokens, 100);
  expect_well_formed(made.score);
}

TEST_P(EachFamily, WhatItCannotDoIsSaid) {
  const PublicModel model(folder_, pool_);
  Request request = request_of(model, 1);
  request.mood = Mood::kCalm;
  try {
    compose_public(request, nullptr, model, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    const std::string said = error.what();
    EXPECT_NE(said.find("mood: " + std::string(models::name_of(model.family()))), said.npos);
    EXPECT_NE(said.find("it can for"), said.npos);
  }
  const Score empty;
  EXPECT_THROW(compose_public(request_of(model, 1), &empty, model, {}), Error);
}

INSTANTIATE_TEST_SUITE_P(PublicCompose, EachFamily,
                         testing::Values("anticipation", "midi_llm", "midi_model", "aria",
                                         "notagen", "remi", "tsd_programs"),
                         [](const auto& instance) { return std::string(instance.param); });

/// A piece longer than the model's positions, and than the hundred seconds that times can say.
TEST(PublicCompose, LongPiecesGoOnFromTheirLatestNotes) {
  for (const std::string name : {"anticipation", "aria", "midi_model"}) {
    SCOPED_TRACE(name);
    const fs::path folder = made_folder(name);
    ThreadPool pool(2);
    const PublicModel model(folder, pool);
    Score piece = a_tune();
    std::vector<Note>& notes = piece.parts[0].notes;
    const std::vector<Note> once = notes;
    for (int again = 1; again < 20; ++again) {
      for (Note note : once) {
        note.onset += Ticks{again * 24 * 48};
        note.id = {};
        notes.push_back(note);
      }
    }
    sort_events(piece);
    name_notes(piece);
    Request wish;
    wish.seed = 2;
    wish.tokens = 600;
    wish.seconds = 300;
    const Score more = compose_public(resolve_for(model.kind(), wish), &piece, model, {}).score;
    expect_kept(piece, more);
    expect_well_formed(more);
    fs::remove_all(folder);
  }
}

TEST(PublicCompose, SecondsAndInstrumentsAreKept) {
  for (const std::string name : {"anticipation", "aria"}) {
    SCOPED_TRACE(name);
    const fs::path folder = made_folder(name);
    ThreadPool pool(2);
    const PublicModel model(folder, pool);
    Request wish;
    wish.seed = 2;
    wish.tokens = 300;
    wish.seconds = 4;
    wish.instruments = {{40, false}, {0, true}};
    const Score score = compose_public(resolve_for(model.kind(), wish), nullptr, model, {}).score;
    const TempoMap map(score);
    for (const Part& part : score.parts) {
      EXPECT_TRUE(part.is_drums || part.program == 40);
      for (const Note& note : part.notes) EXPECT_LT(map.to_seconds(note.onset).value, 4.0);
    }
    fs::remove_all(folder);
  }
}

TEST(PublicCompose, MidiModelKeepsWhatItIsAskedFor) {
  const fs::path folder = made_folder("midi_model");
  ThreadPool pool(2);
  const PublicModel model(folder, pool);
  Request wish;
  wish.seed = 9;
  wish.tokens = 600;
  wish.bars = 3;
  wish.metre = tokens::Metre{6, 8};
  wish.tempo = 90;
  wish.key = Key{9, Mode::kMinor};
  wish.instruments = {{40, false}, {42, false}, {0, true}};
  const Score score = compose_public(resolve_for(model.kind(), wish), nullptr, model, {}).score;
  EXPECT_EQ(score.metres, (std::vector<MetreChange>{{Ticks{0}, 6, 8}}));
  EXPECT_EQ(score.tempos, (std::vector<TempoChange>{{Ticks{0}, 90.0}}));
  EXPECT_EQ(score.keys, (std::vector<KeyChange>{{Ticks{0}, 0, Mode::kMinor}}));
  for (const Part& part : score.parts) {
    EXPECT_TRUE(part.is_drums || part.program == 40 || part.program == 42);
    for (const Note& note : part.notes) EXPECT_LT(note.onset.value, 3 * 3 * 480);
  }
  const Score piece = a_tune();
  wish = {};
  wish.bars = 2;
  wish.seed = 1;
  wish.tokens = 300;
  const Score more = compose_public(resolve_for(model.kind(), wish), &piece, model, {}).score;
  // The tune has four bars of 3/4.
  for (const Note& note : more.parts[0].notes) {
    EXPECT_LT(note.onset.value, (4 + 2) * 3 * more.ticks_per_quarter);
  }
  fs::remove_all(folder);
}

TEST(PublicCompose, NotaGenCountsItsBarsAndReadsItsPrompt) {
  const fs::path folder = made_folder("notagen");
  ThreadPool pool(2);
  const PublicModel model(folder, pool);
  Request wish;
  wish.seed = 4;
  wish.bars = 5;
  wish.tokens = 100'000;
  wish.prompt = "Baroque / Bach, Johann Sebastian / Choral";
  const Composition made = compose_public(resolve_for(model.kind(), wish), nullptr, model, {});
  EXPECT_EQ(made.abc.find("%Baroque\n%Bach, Johann Sebastian\n%Choral\nX:1\n"), 0U);
  EXPECT_EQ(std::ranges::count(made.abc.substr(made.abc.find("\n[V:1]")), '\n') - 1, 5);
  wish.prompt = "one/two/three/four";
  EXPECT_THROW(compose_public(resolve_for(model.kind(), wish), nullptr, model, {}), Error);
  fs::remove_all(folder);
}

TEST(PublicCompose, AMissingTokenizerIsNamed) {
  const fs::path folder = made_folder("midi_llm");
  fs::remove(folder / "tokenizer.json");
  ThreadPool pool(1);
  try {
    const PublicModel model(folder, pool);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("tokenizer.json: not there"), std::string::npos);
  }
  write_file(folder / "tokenizer.json", std::string_view("{}"));
  EXPECT_THROW(PublicModel(folder, pool), Error);
  fs::remove_all(folder);
}

TEST(PublicRequest, ResolvingTwiceIsResolvingOnce) {
  for (const Family family : {Family::kAnticipation, Family::kMidiLlm, Family::kMidiModel,
                              Family::kAria, Family::kNotaGen}) {
    const Request once = resolve_for(family, {});
    EXPECT_EQ(resolve_for(family, once), once);
    EXPECT_NO_THROW(require_obeyed(family, once));
  }
}

TEST(PublicRequest, ABundleOfMotetCountsInBars) {
  Request request;
  request.bars = 4;
  EXPECT_NO_THROW(require_own(request));
  request.seconds = 4;
  EXPECT_THROW(require_own(request), Error);
}

}  // namespace
}  // namespace motet::tasks
