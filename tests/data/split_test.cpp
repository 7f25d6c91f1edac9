// SPDX-License-Identifier: Apache-2.0
#include "motet/data/split.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "motet/base/error.h"
#include "motet/data/dedup.h"
#include "motet/data/prepare.h"
#include "motet/data/scan.h"
#include "tests/data/corpus_folder.h"
#include "tests/data/plants.h"

namespace motet::data {
namespace {

/// A corpus of rows whose music does not matter.
class SplitTest : public ::testing::Test {
 protected:
  CatalogueEntry& add(const std::string& file, const std::string& work,
                      const std::string& stated = "") {
    CatalogueEntry entry;
    entry.root = "/music";
    entry.file = file;
    entry.sha256 = "hash of " + file;
    entry.work = work;
    entry.split = entry.stated = stated;
    entry.rights = "CC0-1.0";
    judge(entry, "");
    return rows_[file] = entry;
  }

  SplitReport run(const SplitOptions& options = {}) {
    const auto path = out_.path() / ("corpus" + std::to_string(++runs_) + ".db");
    Catalogue catalogue(path, Database::Mode::kCreate);
    Transaction transaction(catalogue.database());
    for (const auto& [file, entry] : rows_) catalogue.put(entry);
    transaction.commit();
    return again(catalogue, options);
  }
  SplitReport again(Catalogue& catalogue, const SplitOptions& options) {
    moved_.clear();
    const SplitReport report = split(
        catalogue, options, [&](const MovedPiece& piece) { moved_[piece.file] = piece.split; }, {});
    splits_.clear();
    catalogue.each(Catalogue::Tunes::kLeaveOut, [&](const CatalogueEntry& entry) {
      splits_[entry.file] = entry.split;
      purposes_[entry.file] = entry.purpose;
      return true;
    });
    return report;
  }

  test::TemporaryFolder out_{"split"};
  std::map<std::string, CatalogueEntry> rows_;
  std::map<std::string, std::string> splits_;
  std::map<std::string, std::string> purposes_;
  std::map<std::string, std::string> moved_;
  int runs_ = 0;
};

TEST_F(SplitTest, NoWorkIsInTwoSplits) {
  const Random random(3, 1);
  for (uint64_t i = 0; i < 600; ++i) {
    const std::string file = std::to_string(i) + ".mid";
    CatalogueEntry& entry = add(file, "work " + std::to_string(random.below(200, 3 * i)));
    const uint64_t family = random.below(400, 3 * i + 1);
    if (family < 40) entry.family = "family " + std::to_string(family);
    if (random.below(20, 3 * i + 2) == 0) entry.stated = i % 2 == 0 ? "train" : "valid";
  }
  const SplitReport report = run({.valid = 0.2, .test = 0.2, .seed = 5});
  std::map<std::string, std::set<std::string>> of_work;
  std::map<std::string, std::set<std::string>> of_family;
  std::set<std::string> all;
  for (const auto& [file, entry] : rows_) {
    of_work[entry.work].insert(splits_.at(file));
    if (!entry.family.empty()) of_family[entry.family].insert(splits_.at(file));
    all.insert(splits_.at(file));
  }
  for (const auto& [work, splits] : of_work) EXPECT_EQ(splits.size(), 1U) << work;
  for (const auto& [family, splits] : of_family) EXPECT_EQ(splits.size(), 1U) << family;
  EXPECT_EQ(all, (std::set<std::string>{"test", "train", "valid"}));
  EXPECT_GT(report.works, 50);
  EXPECT_LT(report.works, 200) << "families join works";
}

TEST_F(SplitTest, TheSharesAreThoseAskedFor) {
  for (int i = 0; i < 2000; ++i) add(std::to_string(i), "work " + std::to_string(i));
  const SplitReport report = run({.valid = 0.1, .test = 0.3, .seed = 1});
  EXPECT_NEAR(static_cast<double>(report.pieces.at("valid")), 200, 50);  // 3.7 deviations
  EXPECT_NEAR(static_cast<double>(report.pieces.at("test")), 600, 80);   // 3.9
  EXPECT_EQ(report.works, 2000);
}

TEST_F(SplitTest, OtherWorksAndTheOrderOfFilesDoNotMatterButTheSeedDoes) {
  for (int i = 0; i < 300; ++i) add("b" + std::to_string(i), "work " + std::to_string(i));
  run({.valid = 0.5, .test = 0, .seed = 1});
  const auto before = splits_;
  for (int i = 300; i < 400; ++i) add("a" + std::to_string(i), "work " + std::to_string(i));
  run({.valid = 0.5, .test = 0, .seed = 1});
  for (const auto& [file, split] : before) EXPECT_EQ(splits_.at(file), split) << file;
  run({.valid = 0.5, .test = 0, .seed = 2});
  int changed = 0;
  for (const auto& [file, split] : before) changed += splits_.at(file) == split ? 0 : 1;
  EXPECT_GT(changed, 100);
}

TEST_F(SplitTest, WhatThePapersStateIsKeptForTheWholeWork) {
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    add("stated " + number, "work " + number, i % 2 == 0 ? "train" : "valid");
    add("another version " + number, "work " + number);
  }
  const SplitReport report = run({.valid = 0.5, .test = 0.0, .seed = 1});
  EXPECT_EQ(report.moved, 0);
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(splits_.at("stated " + number), i % 2 == 0 ? "train" : "valid");
    EXPECT_EQ(splits_.at("another version " + number), i % 2 == 0 ? "train" : "valid");
  }
}

TEST_F(SplitTest, AWorkWhosePapersStateTwoIsHeldOut) {
  add("a", "one", "train");
  add("b", "one", "valid");
  add("c", "two", "train");
  add("d", "two", "test");
  add("e", "two", "valid");
  add("f", "three", "train").consent = "no";
  judge(rows_.at("f"), "");
  const SplitReport report = run();
  EXPECT_EQ(splits_, (std::map<std::string, std::string>{{"a", "valid"},
                                                         {"b", "valid"},
                                                         {"c", "test"},
                                                         {"d", "test"},
                                                         {"e", "test"},
                                                         {"f", "train"}}));
  EXPECT_EQ(report.moved, 3);
  EXPECT_EQ(moved_.at("a"), "valid");
  EXPECT_EQ(purposes_.at("a"), "evaluate");
  EXPECT_EQ(purposes_.at("f"), "none") << "a split does not overrule the licence gate";
}

TEST_F(SplitTest, SharesThatAreNoneAreRefused) {
  EXPECT_THROW(run({.valid = 0.6, .test = 0.4, .seed = 1}), Error);
  EXPECT_THROW(run({.valid = -0.1, .test = 0.0, .seed = 1}), Error);
  EXPECT_THROW(run({.valid = std::nan(""), .test = 0.0, .seed = 1}), Error);
}

/// From files to shards: arrangements that only dedup can tell are never on both sides.
TEST_F(SplitTest, NoArrangementOfAHeldOutPieceIsInTheTrainingShards) {
  const test::TemporaryFolder music("split-music");
  std::string metadata;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    const Score score = test::melody(seed, 160);
    for (const size_t kind : {size_t{0}, size_t{2}, size_t{4}}) {
      const std::string file = std::to_string(seed) + "-" + std::to_string(kind) + ".mid";
      write_file(music.path() / file, ByteView(write_midi(test::Planter(seed).plant(kind, score))));
      metadata += R"({"file":")" + file + R"(","source":"mine","license":"CC0-1.0"})" + "\n";
    }
  }
  write_file(music.path() / "metadata.jsonl", metadata);
  const auto path = out_.path() / "music.db";
  Catalogue catalogue(path, Database::Mode::kCreate);
  scan({music.path()}, catalogue, {}, {});
  dedup(catalogue, 1, [](const Relation&) {}, {});
  const SplitReport report = again(catalogue, {.valid = 0.4, .test = 0.0, .seed = 1});
  EXPECT_EQ(report.works, 24);
  for (int seed = 0; seed < 24; ++seed) {
    const std::string stem = std::to_string(seed);
    EXPECT_EQ(splits_.at(stem + "-0.mid"), splits_.at(stem + "-2.mid"));
    EXPECT_EQ(splits_.at(stem + "-0.mid"), splits_.at(stem + "-4.mid"));
  }
  EXPECT_GT(report.pieces.at("train"), 10);
  EXPECT_GT(report.pieces.at("valid"), 10);
  write_file(music.path() / "late.mid", ByteView(write_midi(test::melody(3, 170))));
  scan({music.path()}, catalogue, {.metadata = {}, .licence = "CC0-1.0", .source = ""}, {});
  const PrepareReport prepared = prepare(path, out_.path() / "shards", {});
  EXPECT_EQ(
      prepared.reasons.count("it has no split, and others do; `motet data split` gives it one"),
      1U);
}

}  // namespace
}  // namespace motet::data
