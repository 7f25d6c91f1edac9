// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/tokens/event_tokenizer.h"
#include "motet/tokens/subword.h"
#include "motet/trust/hash.h"
#include "tests/support/data_dir.h"
#include "tests/tokens/miditok_golden.h"

namespace motet::tokens {
namespace {

namespace fs = std::filesystem;

const fs::path kTrained = fs::path(MOTET_GOLDEN_DIR) / "miditok_trained";

Json read(const fs::path& path) { return parse_json(read_text(path), path.string()); }

std::string digest(const Json& value) {
  constexpr size_t kDigits = 12;
  return trust::sha256(std::string_view(value.dump())).substr(0, kDigits);
}

class MidiTokTrained : public ::testing::TestWithParam<std::string> {
 protected:
  const Json record = read(kTrained / (GetParam() + ".json"));
  const std::unique_ptr<EventTokenizer> tokenizer =
      read_event_tokenizer(record["tokenizer"], GetParam());
};

TEST_P(MidiTokTrained, IdsOfHandMadeFilesAreMidiToksOwn) {
  const Json midi = read(kMidiTokGolden / "fixtures.json")["midi"];
  ASSERT_GT(record["fixtures"].size(), 0U);
  for (const auto& [name, ids] : record["fixtures"].items()) {
    const auto score = read_track_score(from_hex(midi[name].get<std::string>()));
    const Json found = tokens_to_json(*tokenizer, tokenizer->encode_learned(score));
    EXPECT_EQ(found["ids"], ids) << name;
  }
}

TEST_P(MidiTokTrained, TokenizerJsonIsWrittenAsItWasRead) {
  EXPECT_EQ(nlohmann::json(tokenizer->to_json()), nlohmann::json(record["tokenizer"]));
}

TEST_P(MidiTokTrained, IdsOfRealFilesEqualMidiToksOwn) {
  const fs::path folder = test::data_dir() / "midi";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent; see CONTRIBUTING.md";
  const Json files = read(kTrained / "files.json");
  ASSERT_EQ(files.size(), record["ids"].size());
  for (size_t i = 0; i < files.size(); ++i) {
    if (record["ids"][i] == "-") continue;  // MidiTok raised
    const auto file = files[i].get<std::string>();
    const auto ids = tokenizer->encode_learned(read_track_score(read_file(folder / file)));
    EXPECT_EQ(digest(tokens_to_json(*tokenizer, ids)["ids"]), record["ids"][i]) << file;
    const Json base = tokens_to_json(*tokenizer, tokenizer->decode_learned(ids));
    EXPECT_EQ(digest(base["ids"]), record["base_ids"][i]) << file;
  }
}

TEST_P(MidiTokTrained, AFileOfEncodedIdsIsReadAsBaseIds) {
  const Bytes midi =
      from_hex(read(kMidiTokGolden / "fixtures.json")["midi"]["band"].get<std::string>());
  const auto ids = tokenizer->encode_learned(read_track_score(midi));
  const Json file = tokens_to_json(*tokenizer, ids, EventIds::kLearned);
  EXPECT_EQ(tokens_from_json(*tokenizer, file, "file"), tokenizer->decode_learned(ids));
}

INSTANTIATE_TEST_SUITE_P(Every, MidiTokTrained, ::testing::ValuesIn(configurations_in(kTrained)),
                         [](const auto& each) { return each.param; });

TEST(EventLearned, AModelOfOurOwnShortensAndIsUndone) {
  const Bytes midi =
      from_hex(read(kMidiTokGolden / "fixtures.json")["midi"]["band"].get<std::string>());
  const auto base = make_event_tokenizer(Tokenization::kRemi);
  const EventWords words = base->encode_words(read_track_score(midi));
  SubwordTrainer trainer(static_cast<TokenId>(base->vocabulary().size()));
  for (size_t i = 0; i < words.ids.size(); ++i) trainer.add(words.ids[i], words.starts[i]);
  ThreadPool pool(1);
  const Subword model = trainer.train(SubwordType::kBpe, base->vocabulary().size() + 40, pool);
  const auto trained = with_model(*base, model);
  const EventSequences ids = trained->encode_learned(read_track_score(midi));
  EXPECT_LT(ids[0].size(), words.ids[0].size());
  EXPECT_EQ(trained->decode_learned(ids), words.ids);
}

TEST(EventLearned, WordsBeginAtBarsOrBeatsAsTheConfigurationAsks) {
  const Bytes midi =
      from_hex(read(kMidiTokGolden / "fixtures.json")["midi"]["metres"].get<std::string>());
  const auto starts_of = [&](const std::string& split) {
    EventConfig config;
    config.encode_ids_split = split;
    const auto tokenizer = make_event_tokenizer(Tokenization::kRemi, std::move(config));
    return tokenizer->encode_words(read_track_score(midi)).starts.at(0).size();
  };
  EXPECT_EQ(starts_of("no"), 0U);
  EXPECT_GT(starts_of("bar"), 0U);
  EXPECT_GT(starts_of("beat"), starts_of("bar"));
}

TEST(EventLearned, AnUntrainedTokenizerSaysThatItHasNoModel) {
  const auto tokenizer = make_event_tokenizer(Tokenization::kTsd);
  EXPECT_THROW(tokenizer->encode_learned({}), Error);
  EXPECT_THROW(tokenizer->decode_learned({{1}}), Error);
}

TEST(EventLearned, CompoundTokensHaveNoWords) {
  const auto tokenizer = make_event_tokenizer(Tokenization::kOctuple);
  EXPECT_THROW(tokenizer->encode_words({}), Error);
}

}  // namespace
}  // namespace motet::tokens
