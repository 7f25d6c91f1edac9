// SPDX-License-Identifier: Apache-2.0
#include "motet/data/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "motet/base/error.h"
#include "motet/data/augment.h"
#include "motet/data/difficulty.h"
#include "motet/data/folder_lock.h"
#include "motet/data/prepare.h"
#include "motet/data/shard.h"
#include "motet/score/instruments.h"
#include "tests/data/corpus_folder.h"
#include "tests/data/melodies.h"

namespace motet::data {
namespace {

class RecipeTest : public ::testing::Test {
 protected:
  std::filesystem::path recipe(const std::string& text) const {
    write_file(out_.path() / "recipe.json", text);
    return out_.path() / "recipe.json";
  }
  std::string refusal(const std::string& text) const {
    try {
      read_recipe(recipe(text));
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// 3 collections of 2, 4 and 6 melodies for training and one held out, prepared.
  PrepareReport prepared(const std::string& text, const std::string& name = "shards") {
    if (!std::filesystem::exists(music_.path() / "metadata.jsonl")) make_music();
    PrepareOptions options;
    if (!text.empty()) options.recipe = recipe(text);
    return prepare(music_.path(), out_.path() / name, {}, options);
  }
  void make_music() const {
    std::string metadata;
    uint64_t seed = 0;
    for (const auto& [source, count] : {std::pair{"a", 2}, {"b", 4}, {"c", 6}}) {
      for (int i = 0; i <= count; ++i) {
        const std::string file = source + std::to_string(i) + ".mid";
        const Score score = test::melody(++seed, 40 + 30 * ((i * 5) % 7));
        write_file(music_.path() / file, ByteView(write_midi(score)));
        metadata += R"({"file":")" + file + R"(","source":")" + source + R"(","license":")" +
                    (i % 2 == 0 ? "CC0-1.0" : "CC-BY-4.0 somebody") + R"(","title":")" +
                    (i == 1 ? "Waltz" : "Polka") + R"(","split":")" +
                    (i == count ? "valid" : "train") + "\"}\n";
      }
    }
    write_file(music_.path() / "metadata.jsonl", metadata);
  }
  std::map<std::string, Shard> shards(const std::string& name = "shards") const {
    std::map<std::string, Shard> all;
    for (Shard& shard : open_shards(out_.path() / name, "train")) {
      all.emplace(shard.path().stem().string().substr(6), std::move(shard));
    }
    return all;
  }
  std::map<std::string, Bytes> bytes_of(const std::string& name) const {
    std::map<std::string, Bytes> all;
    for (const auto& entry : std::filesystem::directory_iterator(out_.path() / name)) {
      all[entry.path().filename().string()] = read_file(entry.path());
    }
    return all;
  }

  test::TemporaryFolder music_{"recipe-music"};
  test::TemporaryFolder out_{"recipe-out"};
};

TEST_F(RecipeTest, EveryFieldIsReadAndMayBeMissing) {
  const Recipe all = read_recipe(recipe(
      R"({"seed": 7, "mixture": {"exponent": 0.5, "source": {"a": 2, "*": 0.5}, "style": {"waltz": 3},
          "licence": {"CC0-1.0": 0}}, "order": {"by": "entropy", "first": "hardest"},
          "augment": {"copies": 2, "transpose": [-3, 4], "tempo": [0.8, 1.25], "velocity": 8,
                      "drop_parts": 0.25}})"));
  EXPECT_EQ(all.seed, 7U);
  EXPECT_EQ(all.mixture.exponent, 0.5);
  EXPECT_EQ(Mixture::factor(all.mixture.source, "a"), 2.0);
  EXPECT_EQ(Mixture::factor(all.mixture.source, "z"), 0.5);
  EXPECT_EQ(Mixture::factor(all.mixture.style, "polka"), 1.0);
  EXPECT_EQ(Mixture::factor(all.mixture.licence, "CC0-1.0"), 0.0);
  EXPECT_EQ(all.order.by, Difficulty::kEntropy);
  EXPECT_TRUE(all.order.hardest_first);
  EXPECT_EQ(all.augment.copies, 2);
  EXPECT_EQ(all.augment.lowest, -3);
  EXPECT_EQ(all.augment.highest, 4);
  EXPECT_EQ(all.augment.slowest, 0.8);
  EXPECT_EQ(all.augment.fastest, 1.25);
  EXPECT_EQ(all.augment.velocity, 8);
  EXPECT_EQ(all.augment.drop_parts, 0.25);
  EXPECT_FALSE(read_recipe(recipe("{}")).has_mixture);
}

TEST_F(RecipeTest, AWrongFieldIsNamedWithWhatWasExpected) {
  const std::vector<std::array<std::string, 3>> wrong = {
      {R"({"mixtures": {}})", "mixtures: no such field", "seed, mixture, order, augment"},
      {R"([1])", "recipe.json", "expected an object, found [1]"},
      {R"({"seed": -1})", "seed", "found -1"},
      {R"({"seed": "one"})", "seed", "found \"one\""},
      {R"({"mixture": {"exponent": 2}})", "mixture: exponent", "expected 0 .. 1, found 2"},
      {R"({"mixture": {"source": {"a": -1}}})", "mixture: source: a", "found -1"},
      {R"({"mixture": {"source": [1]}})", "mixture: source", "object of factors"},
      {R"({"mixture": {"style": {"waltzes": 1}}})", "no style \"waltzes\"", "waltz, "},
      {R"({"order": {"by": "beauty"}})", "order: by", "\"density\""},
      {R"({"order": {"first": "easiest"}})", "order", "a field \"by\""},
      {R"({"order": {"by": "length", "first": "last"}})", "order: first", "\"hardest\""},
      {R"({"augment": {"copies": 1.5, "velocity": 1}})", "augment: copies", "found 1.5"},
      {R"({"augment": {"copies": 65, "velocity": 1}})", "augment: copies", "found 65"},
      {R"({"augment": {"copies": 1, "transpose": [1, 2]}})", "transpose[0]", "found 1"},
      {R"({"augment": {"copies": 1, "transpose": 3}})", "transpose", "[lowest, highest]"},
      {R"({"augment": {"copies": 1, "tempo": [0.1, 1]}})", "tempo[0]", "found 0.1"},
      {R"({"augment": {"copies": 1, "tempo": [1, "2"]}})", "tempo[1]", "found \"2\""},
      {R"({"augment": {"copies": 1, "drop_parts": 1.5}})", "drop_parts", "found 1.5"},
      {R"({"augment": {"velocity": 3}})", "augment", "a field \"copies\""},
      {R"({"augment": {"copies": 3}})", "augment", "for its copies to differ in"},
      {R"({"seed": )", "recipe.json", "line 1"}};
  for (const auto& [text, place, expected] : wrong) {
    const std::string why = refusal(text);
    EXPECT_NE(why.find(place), std::string::npos) << text << ": " << why;
    EXPECT_NE(why.find(expected), std::string::npos) << text << ": " << why;
  }
}

TEST_F(RecipeTest, CollectionsThatHaveNoShareOfOldAreDrawnByTheirSize) {
  prepared("");
  const auto all = shards();
  double ids = 0;
  for (const auto& [name, shard] : all) ids += static_cast<double>(shard.ids());
  for (const auto& [name, shard] : all) {
    EXPECT_NEAR(shard.weight(), static_cast<double>(shard.ids()) / ids, 1e-6) << name;
  }
}

TEST_F(RecipeTest, TheExponentLeadsFromSizesToEqualShares) {
  for (const double exponent : {0.0, 0.5, 1.0}) {
    prepared(R"({"mixture": {"exponent": )" + std::to_string(exponent) + "}}");
    double total = 0;
    for (const auto& [name, shard] : shards()) {
      total += std::pow(static_cast<double>(shard.ids()), exponent);
    }
    for (const auto& [name, shard] : shards()) {
      const double expected = std::pow(static_cast<double>(shard.ids()), exponent) / total;
      EXPECT_NEAR(shard.weight(), expected, 1e-6) << name << " by " << exponent;
    }
  }
}

TEST_F(RecipeTest, FactorsOfSourcesStylesAndLicencesMultiply) {
  const PrepareReport report = prepared(
      R"({"mixture": {"exponent": 1, "source": {"a": 0, "c": 2, "nowhere": 1},
                      "style": {"waltz": 3, "fugue": 2}, "licence": {"CC-BY-4.0": 0.5}}})");
  const auto all = shards();
  ASSERT_EQ(all.count("b-dance-CC0-1.0"), 1U);
  ASSERT_EQ(all.count("c-waltz-CC-BY-4.0"), 1U);
  const auto drawn = [&](const std::string& name) {  // how often a token of it is, but for a factor
    return all.at(name).weight() / static_cast<double>(all.at(name).ids());
  };
  const double plain = drawn("b-dance-CC0-1.0");
  EXPECT_NEAR(drawn("b-waltz-CC-BY-4.0"), 3 * 0.5 * plain, 1e-6 * plain);
  EXPECT_NEAR(drawn("b-dance-CC-BY-4.0"), 0.5 * plain, 1e-6 * plain);
  EXPECT_NEAR(drawn("c-waltz-CC-BY-4.0"), 2 * 3 * 0.5 * plain, 1e-6 * plain);
  EXPECT_EQ(all.at("a-dance-CC0-1.0").weight(), 0.0);
  double total = 0;
  for (const auto& [name, shard] : all) total += shard.weight();
  EXPECT_NEAR(total, 1.0, 1e-6);
  ASSERT_EQ(report.unused.size(), 2U);
  EXPECT_EQ(report.unused[0], "mixture: source: nothing that is kept is of \"nowhere\"");
  EXPECT_EQ(report.unused[1], "mixture: style: nothing that is kept is of \"fugue\"");
}

TEST_F(RecipeTest, ACurriculumGoesFromTheEasyToTheDifficult) {
  for (const bool hardest_first : {false, true}) {
    prepared(std::string(R"({"order": {"by": "length", "first": )") +
             (hardest_first ? "\"hardest\"}}" : "\"easiest\"}}"));
    for (const auto& [name, shard] : shards()) {
      for (size_t i = 1; i < shard.size(); ++i) {
        const size_t before = shard.piece(i - 1).size();
        EXPECT_TRUE(hardest_first ? before >= shard.piece(i).size()
                                  : before <= shard.piece(i).size())
            << name << " " << i;
      }
    }
  }
  prepared(R"({"order": {"by": "entropy"}})");
  for (const auto& [name, shard] : shards()) {
    for (size_t i = 1; i < shard.size(); ++i) {
      EXPECT_LE(entropy_of(shard.piece(i - 1)), entropy_of(shard.piece(i))) << name << " " << i;
    }
  }
}

TEST_F(RecipeTest, OnlyTrainingPiecesAreVariedAndEachVersionHasItsPapers) {
  const PrepareReport plain = prepared("", "plain");
  const PrepareReport report =
      prepared(R"({"augment": {"copies": 2, "transpose": [-5, 5], "velocity": 20}})");
  EXPECT_EQ(report.sources.at("b").train, plain.sources.at("b").train);
  EXPECT_EQ(report.sources.at("b").held_out, 1);
  const auto all = shards();
  const auto before = shards("plain");
  EXPECT_EQ(all.at("b").size(), 3 * before.at("b").size());
  EXPECT_EQ(open_shards(out_.path() / "shards", "valid-b").at(0).size(), 1U);
  std::map<std::string, std::set<std::vector<uint16_t>>> versions;
  for (size_t i = 0; i < all.at("b").size(); ++i) {
    const auto ids = all.at("b").piece(i);
    versions[all.at("b").sha256(i)].insert({ids.begin(), ids.end()});
  }
  EXPECT_EQ(versions.size(), before.at("b").size());
  for (const auto& [hash, different] : versions) EXPECT_EQ(different.size(), 3U) << hash;
}

TEST_F(RecipeTest, TheSameSeedGivesTheSameBytesWithAnyThreadsAndAnotherSeedOthers) {
  const std::string rest = R"("order": {"by": "density"}, "mixture": {"style": {"waltz": 2}},
      "augment": {"copies": 1, "transpose": [-5, 5], "tempo": [0.5, 2], "drop_parts": 0.5}})";
  prepared(R"({"seed": 1, )" + rest, "one");
  PrepareOptions options{.opt_outs = {}, .recipe = out_.path() / "recipe.json", .jobs = 4};
  prepare(music_.path(), out_.path() / "again", {}, options);
  EXPECT_EQ(bytes_of("one"), bytes_of("again"));
  prepared(R"({"seed": 2, )" + rest, "two");
  EXPECT_NE(bytes_of("one").at("train-b-dance.shard"), bytes_of("two").at("train-b-dance.shard"));
  prepared("", "one");
  EXPECT_FALSE(std::filesystem::exists(out_.path() / "one" / "recipe.json"));
}

TEST_F(RecipeTest, AnotherProcessWithOtherSettingsIsNotDisturbed) {
  prepared("");
  std::filesystem::create_directories(out_.path() / "busy" / "chunks");
  write_file(out_.path() / "busy" / "chunks" / "settings.json", std::string_view("others"));
  {
    FolderLock other(out_.path() / "busy");
    other.share();
    try {
      prepared("", "busy");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << error.what();
    }
    EXPECT_EQ(read_text(out_.path() / "busy" / "chunks" / "settings.json"), "others");
  }
  EXPECT_TRUE(prepared("", "busy").is_complete) << "it has ended: its chunks are of no use";
  EXPECT_EQ(bytes_of("busy"), bytes_of("shards"));
}

TEST(Augment, AShiftLeavesEveryInstrumentInItsRange) {
  Score score = test::melody(1, 100);
  score.parts[0].program = 40;  // violin, 55 ..
  for (Note& note : score.parts[0].notes) note.pitch = std::max<uint8_t>(note.pitch, 57);
  score.parts[0].notes[0].pitch = 57;
  const PitchRange violin = range_of({40, false});
  ASSERT_EQ(violin.low, 55);
  std::set<int> shifts;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Score other = varied(score, {.copies = 1, .lowest = -11, .highest = 11}, Random(seed, 1));
    shifts.insert(other.parts[0].notes[0].pitch - 57);
    for (const Note& note : other.parts[0].notes) ASSERT_GE(note.pitch, violin.low);
  }
  EXPECT_EQ(*shifts.begin(), -2) << "no lower: the violin's G string";
  EXPECT_EQ(shifts.count(0), 0U);
  EXPECT_GT(*shifts.rbegin(), 5);
}

TEST(Augment, APieceThatIsOutOfRangeAlreadyGoesNoFurtherOut) {
  Score score = test::melody(1, 30);
  score.parts[0].program = 40;
  score.parts[0].notes[3].pitch = 40;  // below any violin
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Score other = varied(score, {.copies = 1, .lowest = -6, .highest = 3}, Random(seed, 1));
    EXPECT_GE(other.parts[0].notes[3].pitch, 41);
  }
}

TEST(Augment, TempoVelocityAndPartsVaryWithinTheirRanges) {
  const Score score = test::melody(2, 80);
  std::set<size_t> parts;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Score other = varied(score,
                               {.copies = 1,
                                .lowest = 0,
                                .highest = 0,
                                .slowest = 0.5,
                                .fastest = 2.0,
                                .velocity = 10,
                                .drop_parts = 0.9},
                               Random(seed, 1));
    EXPECT_GE(other.tempos.at(0).quarters_per_minute, 60.0);
    EXPECT_LE(other.tempos.at(0).quarters_per_minute, 240.0);
    ASSERT_FALSE(other.parts.empty());
    parts.insert(other.parts.size());
    for (const Note& note : other.parts[0].notes) {
      EXPECT_GE(note.velocity, 54);
      EXPECT_LE(note.velocity, 74);
    }
  }
  EXPECT_EQ(parts, (std::set<size_t>{1, 2}));
}

TEST(Difficulty, EntropyIsThatOfTheIds) {
  const std::vector<uint16_t> same = {7, 7, 7};
  const std::vector<uint16_t> four = {1, 2, 3, 4, 4, 3, 2, 1};
  EXPECT_EQ(entropy_of(same), 0.0);
  EXPECT_DOUBLE_EQ(entropy_of(four), 2.0);
  EXPECT_EQ(entropy_of({}), 0.0);
}

}  // namespace
}  // namespace motet::data
