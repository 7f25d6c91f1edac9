// SPDX-License-Identifier: Apache-2.0
#include "motet/data/scan.h"

#include <gtest/gtest.h>

#include <map>

#include "motet/base/error.h"
#include "motet/data/check.h"
#include "motet/data/prepare.h"
#include "motet/data/shard.h"
#include "motet/trust/hash.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

using Mode = Database::Mode;

class ScanTest : public ::testing::Test {
 protected:
  ScanTest() { test::make_corpus(music_.path()); }

  ScanReport scan_again(const ScanOptions& options = {}) {
    Catalogue catalogue(database(), Mode::kCreate);
    return scan({music_.path()}, catalogue, options, {});
  }
  std::filesystem::path database() const { return out_.path() / "corpus.db"; }

  std::map<std::string, CatalogueEntry> rows(const std::string& name = "corpus.db") const {
    std::map<std::string, CatalogueEntry> all;
    Catalogue catalogue(out_.path() / name, Mode::kRead);
    catalogue.each(Catalogue::Tunes::kRead, [&](const CatalogueEntry& entry) {
      all[entry.file] = entry;
      return true;
    });
    return all;
  }

  test::TemporaryFolder music_{"scan-music"};
  test::TemporaryFolder out_{"scan-out"};
};

TEST_F(ScanTest, EveryFileOfMusicHasARowWithItsPapers) {
  const ScanReport report = scan_again();
  EXPECT_EQ(report.files, 10);
  EXPECT_EQ(report.ok, 8);
  EXPECT_EQ(report.refused, 1);
  EXPECT_EQ(report.quarantined, 1);
  const auto all = rows();
  ASSERT_EQ(all.size(), 10U);
  const CatalogueEntry& entry = all.at("piece1.mid");
  EXPECT_EQ(entry.sha256, trust::sha256(read_file(music_.path() / "piece1.mid")));
  EXPECT_EQ(entry.source, "nifc-chopin");
  EXPECT_EQ(entry.licence, "CC-BY-4.0");
  EXPECT_EQ(entry.purpose, "train");
  EXPECT_GT(entry.notes, 0);
  EXPECT_FALSE(entry.key.empty());
  EXPECT_FALSE(entry.fingerprint.empty());
  EXPECT_FALSE(entry.tune.empty());
  EXPECT_EQ(all.at("piece7.mid").purpose, "evaluate");
  EXPECT_EQ(all.at("shut.mid").state, "refused");
  EXPECT_EQ(all.at("shut.mid").reason, "its licence forbids commercial use");
  EXPECT_EQ(all.at("noise.mid").state, "quarantined");
  EXPECT_NE(all.at("noise.mid").reason.find("MIDI"), std::string::npos);
}

TEST_F(ScanTest, AnySplitOfTheWorkGivesTheSameRows) {
  scan_again();
  const auto all = rows();
  for (const size_t jobs : {size_t{1}, size_t{4}}) {
    const std::string name = "jobs" + std::to_string(jobs) + ".db";
    {
      Catalogue catalogue(out_.path() / name, Mode::kCreate);
      scan({music_.path()}, catalogue, {.metadata = {}, .licence = "", .source = "", .jobs = jobs},
           {});
    }
    EXPECT_EQ(rows(name), all);
  }
  Catalogue whole(out_.path() / "whole.db", Mode::kCreate);
  int64_t files = 0;
  for (uint64_t i = 1; i <= 3; ++i) {
    const auto share = out_.path() / ("share" + std::to_string(i) + ".db");
    ScanOptions options;
    options.range = {i, 3};
    {
      Catalogue catalogue(share, Mode::kCreate);
      files += scan({music_.path()}, catalogue, options, {}).files;
    }
    import_into(whole, share);
  }
  EXPECT_EQ(files, 10);
  EXPECT_EQ(rows("whole.db"), all);
}

TEST_F(ScanTest, WhatIsUnchangedIsNotReadAgain) {
  scan_again();
  const auto before = rows();
  EXPECT_EQ(scan_again().unchanged, 10);
  EXPECT_EQ(rows(), before);
  write_file(music_.path() / "piece0.mid", ByteView(write_midi(test::random_score(99))));
  const ScanReport report = scan_again();
  EXPECT_EQ(report.unchanged, 9);
  EXPECT_EQ(report.ok, 1);
  EXPECT_NE(rows().at("piece0.mid").sha256, before.at("piece0.mid").sha256);
}

TEST_F(ScanTest, NewPapersAreTakenWithoutReadingTheMusicAgain) {
  scan_again();
  const auto before = rows();
  std::string papers = read_text(music_.path() / "metadata.jsonl");
  const std::string old = "CC-BY-4.0 NIFC chopinscores.org";
  papers.replace(papers.find(old), old.size(), "all rights reserved");
  write_file(music_.path() / "metadata.jsonl", papers);
  EXPECT_EQ(scan_again().unchanged, 10);
  const CatalogueEntry now = rows().at("piece0.mid");
  EXPECT_EQ(now.state, "refused");
  EXPECT_EQ(now.purpose, "none");
  EXPECT_EQ(now.tune, before.at("piece0.mid").tune);
}

TEST_F(ScanTest, ConsentAndPurposeOfThePapersAreKept) {
  const std::string head = R"({"file":"piece0.mid","source":"a","license":"CC0-1.0",)";
  write_file(music_.path() / "metadata.jsonl", head + "\"consent\":\"withdrawn\"}\n");
  scan_again();
  EXPECT_EQ(rows().at("piece0.mid").reason, "its owner does not consent to training");
  write_file(music_.path() / "metadata.jsonl", head + "\"purpose\":\"none\"}\n");
  scan_again();
  EXPECT_EQ(rows().at("piece0.mid").reason, "its papers name no purpose that it may serve");
  EXPECT_EQ(rows().at("piece1.mid").state, "refused") << "it has no licence at all";
}

TEST_F(ScanTest, TheFlagsSpeakForFilesWithoutPapers) {
  std::filesystem::remove(music_.path() / "metadata.jsonl");
  scan_again({.metadata = {}, .licence = "CC0-1.0", .source = "mine"});
  EXPECT_EQ(rows().at("shut.mid").state, "ok");
  EXPECT_EQ(rows().at("shut.mid").source, "mine");
}

TEST_F(ScanTest, ExportAndImportLoseNothing) {
  scan_again();
  const auto path = out_.path() / "corpus.jsonl";
  const auto again = out_.path() / "again.jsonl";
  {
    Catalogue catalogue(database(), Mode::kRead);
    export_jsonl(catalogue, path);
    Catalogue other(out_.path() / "other.db", Mode::kCreate);
    EXPECT_EQ(import_into(other, path), 10);
    export_jsonl(other, again);
  }
  EXPECT_EQ(rows("other.db"), rows());
  EXPECT_EQ(read_text(path), read_text(again));
}

TEST_F(ScanTest, AWrongLineImportsNothingAndIsNamed) {
  scan_again();
  const auto path = out_.path() / "corpus.jsonl";
  {
    Catalogue catalogue(database(), Mode::kRead);
    export_jsonl(catalogue, path);
  }
  std::string text = read_text(path);
  text.replace(text.rfind("\"notes\":"), 8, "\"nites\":");
  write_file(path, text);
  Catalogue other(out_.path() / "other.db", Mode::kCreate);
  try {
    import_into(other, path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 10"), std::string::npos) << error.what();
  }
  EXPECT_EQ(other.size(), 0);
}

TEST_F(ScanTest, AnExportIsAManifestThatTheGateReads) {
  scan_again();
  const auto path = out_.path() / "corpus.jsonl";
  {
    Catalogue catalogue(database(), Mode::kRead);
    export_jsonl(catalogue, path);
  }
  std::map<std::string, std::string> from_database;
  std::map<std::string, std::string> from_export;
  const auto into = [](auto& map) {
    return [&map](const std::string& item, const std::string& why) { map[item] = why; };
  };
  EXPECT_EQ(check(database(), {}, {}, into(from_database), {}).refused, 2);
  check(path, {}, {}, into(from_export), {});
  EXPECT_EQ(from_export, from_database);
  EXPECT_EQ(from_database.count("shut.mid"), 1U);
}

TEST_F(ScanTest, ADamagedDatabaseIsAnError) {
  scan_again();
  const Bytes bytes = read_file(database());
  for (size_t size = 1; size < bytes.size(); size += 1021) {
    write_file(database(), ByteView(bytes).first(size));
    EXPECT_THROW(Catalogue(database(), Mode::kRead), Error) << size;
  }
  for (size_t at = 0; at < bytes.size(); at += 509) {  // an error, or what was there
    Bytes changed = bytes;
    for (size_t i = at; i < std::min(at + 64, bytes.size()); ++i) changed[i] ^= 0xA5U;
    write_file(database(), ByteView(changed));
    try {
      rows();
    } catch (const Error&) {
    }
  }
  write_file(database(), std::string_view("no database at all, but long enough to be looked at"));
  EXPECT_THROW(Catalogue(database(), Mode::kWrite), Error);
  EXPECT_THROW(Catalogue(out_.path() / "nowhere.db", Mode::kRead), Error);
}

TEST_F(ScanTest, ADatabaseOfAnotherProgramIsNotTouched) {
  {
    Database other(out_.path() / "other.db", Mode::kCreate);
    other.run("CREATE TABLE mine (a)");
  }
  const Bytes before = read_file(out_.path() / "other.db");
  EXPECT_THROW(Catalogue(out_.path() / "other.db", Mode::kCreate), Error);
  EXPECT_EQ(read_file(out_.path() / "other.db"), before);
}

TEST_F(ScanTest, AScannedCorpusIsPreparedThroughItsPapers) {
  scan_again();
  write_file(music_.path() / "piece2.mid", ByteView(write_midi(test::random_score(98))));
  const test::TemporaryFolder shards("scan-shards");
  const PrepareReport report = prepare(database(), shards.path(), {});
  EXPECT_EQ(report.sources.at("nifc-chopin").train, 5);
  EXPECT_EQ(report.sources.at("nifc-chopin").held_out, 2);
  EXPECT_EQ(report.reasons.count("it has changed since it was scanned: it is not in the manifest"),
            1U);
  EXPECT_EQ(report.reasons.count("its licence forbids commercial use"), 1U);
}

TEST(Range, DividesTheFilesAndReadsItsText) {
  for (int i = 0; i < 200; ++i) {
    int holders = 0;
    for (uint64_t index = 1; index <= 8; ++index) {
      holders += Range{index, 8}.holds("folder/" + std::to_string(i) + ".mid") ? 1 : 0;
    }
    EXPECT_EQ(holders, 1);
  }
  EXPECT_EQ(parse_range("3/8").index, 3U);
  EXPECT_EQ(parse_range("3/8").count, 8U);
  for (const char* text : {"", "3", "0/8", "9/8", "3/", "/8", "a/b", "3/8x", "-1/8"}) {
    EXPECT_THROW(parse_range(text), Error) << text;
  }
}

}  // namespace
}  // namespace motet::data
