// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/event_tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/score/midi.h"
#include "motet/tokens/pattern_sort.h"
#include "motet/trust/hash.h"
#include "tests/tokens/miditok_golden.h"

namespace motet::tokens {
namespace {

std::unique_ptr<EventTokenizer> tokenizer_of(const std::string& name) {
  return read_event_tokenizer(golden(name)["tokenizer"], name);
}

class MidiTok : public ::testing::TestWithParam<std::string> {};

TEST_P(MidiTok, VocabularyIsMidiToksOwn) {
  const auto tokenizer = tokenizer_of(GetParam());
  Json names = Json::array();
  for (size_t i = 0; i < tokenizer->width(); ++i) names.push_back(tokenizer->vocabulary(i).names());
  const std::string hash = trust::sha256(std::string_view(names.dump()));
  EXPECT_EQ(hash.substr(0, 12), golden(GetParam())["vocabulary"].get<std::string>());
}

TEST_P(MidiTok, TokenizerJsonIsWrittenAsItWasRead) {
  const Json json = golden(GetParam())["tokenizer"];
  const Json written = read_event_tokenizer(json, GetParam())->to_json();
  EXPECT_EQ(nlohmann::json(written), nlohmann::json(json));
}

TEST_P(MidiTok, IdsOfHandMadeFilesAreMidiToksOwn) {
  const Json fixtures = golden("fixtures");
  const auto tokenizer = tokenizer_of(GetParam());
  for (const auto& [name, ids] : fixtures["ids"][GetParam()].items()) {
    const auto found = tokenizer->encode_midi(from_hex(fixtures["midi"][name].get<std::string>()));
    EXPECT_EQ(tokens_to_json(*tokenizer, found)["ids"], ids) << name;
  }
}

TEST_P(MidiTok, NotesOfHandMadeFilesDecodeAsMidiToks) {
  const Json fixtures = golden("fixtures");
  const auto tokenizer = tokenizer_of(GetParam());
  for (const auto& [name, notes] : fixtures["notes"][GetParam()].items()) {
    const Json ids = fixtures["ids"][GetParam()][name];
    const auto found = tokenizer->decode_tracks(tokens_from_json(*tokenizer, ids, name));
    EXPECT_EQ(notes_of(found), notes) << name;
  }
}

TEST_P(MidiTok, EveryIdAloneAndDoubledDecodesToAScoreThatCanBeWritten) {
  const auto tokenizer = tokenizer_of(GetParam());
  EventSequence rising;
  const auto size = static_cast<TokenId>(tokenizer->vocabulary().size());
  for (TokenId id = 0; id < 2 * size; ++id) {
    for (size_t place = 0; place < tokenizer->width(); ++place) {
      const auto count = static_cast<TokenId>(tokenizer->vocabulary(place).size());
      rising.push_back(id / static_cast<TokenId>(place + 1) % count);
    }
  }
  const Score score = tokenizer->decode({rising});
  EXPECT_FALSE(write_midi(score).empty());
}

INSTANTIATE_TEST_SUITE_P(Every, MidiTok, ::testing::ValuesIn(configurations_in(kMidiTokGolden)),
                         [](const auto& each) { return each.param; });

TEST(EventTokenizer, RefusesAnIdOutsideTheVocabularyAndNamesIt) {
  const auto tokenizer = make_event_tokenizer(Tokenization::kTsd);
  const auto size = static_cast<TokenId>(tokenizer->vocabulary().size());
  try {
    tokenizer->decode({{1, size}});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("token 1"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(std::to_string(size)), std::string::npos);
  }
}

TEST(EventTokenizer, ConfigErrorsNameTheField) {
  const auto refusal = [](const char* config) {
    try {
      const Json json = {{"tokenization", "REMI"}, {"config", parse_json(config, "test")}};
      read_event_tokenizer(json, "tokenizer.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(refusal(R"({"num_velocities": 0})").find("num_velocities"), std::string::npos);
  EXPECT_NE(refusal(R"({"beat_res": {"4_0": 8}})").find("beat_res"), std::string::npos);
  EXPECT_NE(refusal(R"({"use_rests": "yes"})").find("use_rests"), std::string::npos);
  EXPECT_NE(refusal(R"({"beat_res": {"0_1000": 1000, "1000_1001": 1}})").find("beat_res"),
            std::string::npos);
  EXPECT_EQ(refusal(R"({"num_velocities": 16, "of_tomorrow": 1})"), "accepted");
}

TEST(EventTokenizer, MmmWithoutABaseSaysWhatToAdd) {
  try {
    make_event_tokenizer(Tokenization::kMmm);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("base_tokenizer"), std::string::npos);
  }
}

TEST(EventTokenizer, AScoreGivesTheIdsOfItsMidiFileButForTheOrderWithinChords) {
  const Json fixtures = golden("fixtures");
  const Bytes midi = from_hex(fixtures["midi"]["tempos"].get<std::string>());  // one note at a time
  EventConfig config;
  config.use_tempos = true;
  config.delete_equal_successive_tempo_changes = true;
  const auto tokenizer = make_event_tokenizer(Tokenization::kRemi, config);
  auto tracks = read_track_score(midi);
  tracks.tempos = {{0, 500'000}};  // of several at one tick a Score keeps the file's last
  Score score = read_midi(midi).score;
  score.tempos = {{Ticks{0}, 120.0}};
  EXPECT_EQ(tokenizer->encode(score), tokenizer->encode(tracks));
}

TEST(PythonSet, WalksAsCPythonDoes) {
  EXPECT_EQ(in_python_set_order({-1, 0, 1, 2}), (std::vector<int>{0, 1, 2, -1}));
  // What python3.11 prints for list(set([100, 40, 8, 0, 3])), and so on.
  EXPECT_EQ(in_python_set_order({100, 40, 8, 0, 3}), (std::vector<int>{0, 3, 100, 40, 8}));
  EXPECT_EQ(in_python_set_order({127, 64, -1, 200, 33, 5, 7, 31}),
            (std::vector<int>{64, 33, 5, 7, 200, 31, -1, 127}));
}

TEST(PatternSort, SortsWhateverComes) {
  uint32_t state = 1;
  for (int round = 0; round < 300; ++round) {
    std::vector<int> numbers(static_cast<size_t>(round * 3));
    for (int& number : numbers) {
      state = state * 1664525U + 1013904223U;
      number = static_cast<int>((state >> 8) % (round % 7 == 0 ? 3U : 1000U));
    }
    if (round % 5 == 0) std::ranges::sort(numbers);
    if (round % 11 == 0) std::ranges::reverse(numbers);
    auto expected = numbers;
    std::ranges::sort(expected);
    pattern_sort(numbers, [](int a, int b) { return a < b; });
    ASSERT_EQ(numbers, expected);
  }
}

}  // namespace
}  // namespace motet::tokens
