// SPDX-License-Identifier: Apache-2.0
#include "motet/data/dedup.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "motet/data/prepare.h"
#include "motet/data/scan.h"
#include "tests/data/corpus_folder.h"
#include "tests/data/plants.h"
#include "tests/data/settings.h"

namespace motet::data {
namespace {

/// A folder of tunes with their plants, scanned.
class DedupTest : public ::testing::Test {
 protected:
  void add(const std::string& file, const Score& score, const std::string& licence = "CC0-1.0") {
    write_file(music_.path() / file, ByteView(write_midi(score)));
    metadata_ += test::metadata_line(file, "nifc-chopin", licence, "train");
  }

  DedupReport run() {
    write_file(music_.path() / "metadata.jsonl", metadata_);
    Catalogue catalogue(out_.path() / "corpus.db", Database::Mode::kCreate);
    scan({music_.path()}, catalogue, {}, {});
    const DedupReport report =
        dedup(catalogue, 2, [&](const Relation& relation) { told_.push_back(relation); }, {});
    catalogue.each(Catalogue::Tunes::kLeaveOut, [&](const CatalogueEntry& entry) {
      rows_[entry.file] = entry;
      return true;
    });
    return report;
  }

  test::TemporaryFolder music_{"dedup-music"};
  test::TemporaryFolder out_{"dedup-out"};
  std::string metadata_;
  std::map<std::string, CatalogueEntry> rows_;
  std::vector<Relation> told_;
};

TEST_F(DedupTest, FindsPlantsOfEveryKindAndNothingElse) {
  constexpr uint64_t kTunes = 12;
  for (uint64_t seed = 0; seed < kTunes; ++seed) {
    const Score score = test::melody(seed, 200 + 20 * static_cast<int>(seed));
    add("tune" + std::to_string(seed) + ".mid", score);
    for (size_t kind = 0; kind < test::Planter::kKinds.size(); ++kind) {
      add("plant" + std::to_string(seed) + "-" + std::to_string(kind) + ".mid",
          test::Planter(seed).plant(kind, score));
    }
  }
  const DedupReport report = run();
  EXPECT_EQ(report.pieces, 84);
  EXPECT_EQ(report.copies, 72);
  EXPECT_EQ(report.families, 12);
  for (const auto& [file, entry] : rows_) {
    const std::string tune =
        "tune" +
        file.substr(file.find_first_of("0123456789"),
                    file.find_first_of("-.") - file.find_first_of("0123456789")) +
        ".mid";
    EXPECT_EQ(entry.family, rows_.at(tune).family) << file;
  }
}

TEST_F(DedupTest, KeepsWhatMayBeUsedAndThenWhatIsLongest) {
  const Score score = test::melody(3, 300);
  add("whole.mid", score);
  add("third.mid", test::cropped(score, 100, 200));
  add("longest-but-shut.mid", transposed(test::melody(3, 320), 2), "CC-BY-NC-4.0");
  run();
  const std::string kept = rows_.at("whole.mid").sha256;
  EXPECT_EQ(rows_.at("whole.mid").duplicate_of, "");
  EXPECT_EQ(rows_.at("third.mid").duplicate_of, kept);
  EXPECT_EQ(rows_.at("longest-but-shut.mid").duplicate_of, kept);
  for (const Relation& relation : told_) {
    if (relation.piece.file == "longest-but-shut.mid") {
      EXPECT_EQ(relation.match.transposition, 2);
    }
  }
}

Score edited_often(Score score, uint64_t seed, size_t notes) {
  for (uint64_t i = 0; i < 5; ++i) score = test::Planter(seed + i).edit(score);
  return test::cropped(score, 0, notes);
}

TEST_F(DedupTest, ACopyOfACopyIsACopyOfTheSame) {
  const Score score = test::melody(3, 320);
  const Score once = edited_often(score, 1, 300);
  const Score twice = edited_often(once, 9, 280);
  add("whole.mid", score);
  add("twice.mid", twice);
  EXPECT_EQ(run().copies, 0);  // too far apart by themselves
  add("once.mid", once);
  EXPECT_EQ(run().copies, 2);
  EXPECT_EQ(rows_.at("twice.mid").duplicate_of, rows_.at("whole.mid").sha256);
}

TEST_F(DedupTest, SettingsOfOneTuneAreKeptInOneFamily) {
  for (const test::SetTune& set : test::set_tunes()) {
    add(set.name + " plain.mid", test::setting(set, set.plain_bass, false));
    add(set.name + " other.mid", transposed(test::setting(set, set.other_bass, true), 5));
  }
  const DedupReport report = run();
  EXPECT_EQ(report.copies, 0);
  EXPECT_EQ(report.families, 3);
  std::set<std::string> families;
  for (const test::SetTune& set : test::set_tunes()) {
    EXPECT_NE(rows_.at(set.name + " plain.mid").family, "") << set.name;
    EXPECT_EQ(rows_.at(set.name + " plain.mid").family, rows_.at(set.name + " other.mid").family);
    families.insert(rows_.at(set.name + " plain.mid").family);
  }
  EXPECT_EQ(families.size(), 3U);
}

TEST_F(DedupTest, AnyNumberOfThreadsFindsTheSame) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const Score score = test::melody(seed, 100 + 5 * static_cast<int>(seed % 7));
    add("tune" + std::to_string(seed) + ".mid", score);
    for (const size_t kind : {size_t{0}, size_t{3}, size_t{4}}) {
      add("plant" + std::to_string(seed) + "-" + std::to_string(kind) + ".mid",
          test::Planter(seed).plant(kind, score));
    }
  }
  run();
  const auto rows = rows_;
  for (const size_t threads : {1, 5}) {
    Catalogue catalogue(out_.path() / "corpus.db", Database::Mode::kWrite);
    std::vector<std::string> told;
    dedup(catalogue, threads,
          [&](const Relation& relation) { told.push_back(relation.piece.file); }, {});
    ASSERT_EQ(told.size(), told_.size());
    for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], told_[i].piece.file);
    catalogue.each(Catalogue::Tunes::kLeaveOut, [&](const CatalogueEntry& entry) {
      EXPECT_EQ(entry, rows.at(entry.file)) << threads;
      return true;
    });
  }
}

TEST_F(DedupTest, CopiesAreNotPrepared) {
  const Score score = test::melody(4, 300);
  add("whole.mid", score);
  add("moved.mid", transposed(score, -3));
  add("other.mid", test::melody(5, 300));
  run();
  const PrepareReport report = prepare(out_.path() / "corpus.db", out_.path() / "shards", {});
  EXPECT_EQ(report.sources.at("nifc-chopin").train, 2);
  EXPECT_EQ(report.sources.at("nifc-chopin").refused, 1);
}

}  // namespace
}  // namespace motet::data
