// SPDX-License-Identifier: Apache-2.0
#include "motet/data/prepare.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/data/corpus.h"
#include "motet/data/manifest.h"
#include "motet/data/shard.h"
#include "motet/trust/hash.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

class PrepareTest : public ::testing::Test {
 protected:
  PrepareTest() {
    test::make_corpus(corpus_.path());
    summary_ = prepare(corpus_.path(), out_.path(), {}).sources;
  }

  test::TemporaryFolder corpus_{"corpus"};
  test::TemporaryFolder out_{"prepared"};
  std::map<std::string, PreparedSource> summary_;
};

TEST_F(PrepareTest, EveryPieceHasPapers) {
  const auto manifest = read_manifest(out_.path() / "manifest.jsonl");
  ASSERT_EQ(manifest.size(), 10U);
  for (const ManifestEntry& entry : manifest) {
    EXPECT_EQ(entry.sha256, trust::sha256(read_file(corpus_.path() / entry.file))) << entry.file;
    EXPECT_EQ(entry.purpose == "none", !entry.reason.empty()) << entry.file;
    EXPECT_FALSE(entry.licence.empty());
    EXPECT_FALSE(entry.work.empty());
  }
}

TEST_F(PrepareTest, WhatTheLicenceForbidsIsInNoShard) {
  for (const Shard& shard : open_shards(out_.path(), "")) EXPECT_NE(shard.source(), "shut");
  const auto manifest = read_manifest(out_.path() / "manifest.jsonl");
  EXPECT_EQ(manifest[8].purpose, "none");
  EXPECT_NE(manifest[8].reason.find("commercial"), std::string::npos);
}

TEST_F(PrepareTest, AFileThatIsNoMusicIsRefusedAndTheRestGoesOn) {
  EXPECT_EQ(summary_.at("nifc-chopin").refused, 1);
  EXPECT_EQ(summary_.at("nifc-chopin").train, 6);
  EXPECT_EQ(read_manifest(out_.path() / "manifest.jsonl")[9].purpose, "none");
}

TEST_F(PrepareTest, TheSplitIsKept) {
  EXPECT_EQ(open_shards(out_.path(), "train").at(0).size(), 6U);
  EXPECT_EQ(open_shards(out_.path(), "valid").at(0).size(), 2U);
}

TEST_F(PrepareTest, TheSameCorpusGivesTheSameBytes) {
  const test::TemporaryFolder again("again");
  prepare(corpus_.path(), again.path(), {});
  for (const auto& entry : std::filesystem::directory_iterator(out_.path())) {
    EXPECT_EQ(read_file(entry.path()), read_file(again.path() / entry.path().filename()))
        << entry.path();
  }
}

TEST_F(PrepareTest, AnyJobsRangesAndRestartsGiveTheSameBytes) {
  const auto expect_same = [&](const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      EXPECT_EQ(read_file(entry.path()), read_file(out_.path() / entry.path().filename()))
          << entry.path();
    }
  };
  const test::TemporaryFolder parallel("parallel");
  EXPECT_TRUE(
      prepare(corpus_.path(), parallel.path(), {}, {.opt_outs = {}, .jobs = 3}).is_complete);
  expect_same(parallel.path());
  const test::TemporaryFolder stopped("stopped");
  Progress stop;
  stop.request_stop();
  EXPECT_FALSE(prepare(corpus_.path(), stopped.path(), stop).is_complete);
  EXPECT_TRUE(prepare(corpus_.path(), stopped.path(), {}).is_complete);
  expect_same(stopped.path());
  const test::TemporaryFolder divided("divided");
  PrepareOptions second;
  second.range = {2, 2};  // of one chunk there is no second half
  EXPECT_FALSE(prepare(corpus_.path(), divided.path(), {}, second).is_complete);
  second.range = {1, 2};
  EXPECT_TRUE(prepare(corpus_.path(), divided.path(), {}, second).is_complete);
  expect_same(divided.path());
}

TEST(Corpus, StylesComeFromTheFormBeforeTheFunction) {
  const auto style = [](const char* source, const char* genre, const char* title) {
    CorpusItem item;
    item.source = source;
    item.genre = genre;
    item.title = title;
    const auto found = style_of(item);
    return found ? tokens::styles()[static_cast<size_t>(*found)] : "";
  };
  EXPECT_EQ(style("nifc-polish", "Secular; Mazurka", ""), "mazurka");
  EXPECT_EQ(style("nifc-polish", "Sacred; Mass", ""), "mass");
  EXPECT_EQ(style("nifc-polish", "Secular", "Walc brillant"), "waltz");
  EXPECT_EQ(style("nifc-chopin", "Ballade", ""), "piano-piece");
  EXPECT_EQ(style("groove", "drums; rock", ""), "drums");
  EXPECT_EQ(style("nifc-polish", "", ""), "");
}

TEST(Corpus, ABrokenLineIsNamed) {
  const test::TemporaryFolder folder("corpus-broken");
  write_file(folder.path() / "metadata.jsonl",
             std::string_view("{\"file\":\"a\",\"source\":\"b\",\"split\":\"train\"}\n{oops\n"));
  try {
    each_corpus_item(folder.path(), [](const CorpusItem&) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace motet::data
