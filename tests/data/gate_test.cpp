// SPDX-License-Identifier: Apache-2.0
#include "motet/data/gate.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "motet/data/prepare.h"
#include "motet/data/reading.h"
#include "motet/data/sampler.h"
#include "motet/score/score.h"
#include "motet/trust/hash.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

/// Shards of the small corpus, and what the sampler, which the trainer reads through, says of them.
class GateTest : public ::testing::Test {
 protected:
  GateTest() {
    test::make_corpus(corpus_.path());
    prepare(corpus_.path(), shards_.path(), {});
  }

  std::string refusal(const std::string& opt_outs = "") {
    SamplerConfig config{.rows = 1, .length = 16};
    if (!opt_outs.empty()) {
      config.opt_outs = corpus_.path() / "opt-outs.txt";
      write_file(config.opt_outs, opt_outs);
    }
    try {
      const Sampler sampler(shards_.path(), config);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
      return error.what();
    }
  }

  void change_manifest(const std::string& from, const std::string& to) {
    std::string text = read_text(shards_.path() / "manifest.jsonl");
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    write_file(shards_.path() / "manifest.jsonl", text);
  }

  Score piece(int number) const {
    const auto path = corpus_.path() / ("piece" + std::to_string(number) + ".mid");
    return read_music(read_file(path), path);
  }

  test::TemporaryFolder corpus_{"gate-corpus"};
  test::TemporaryFolder shards_{"gate-shards"};
};

bool says(const std::string& refusal, const std::string& part) {
  return refusal.find(part) != std::string::npos;
}

TEST_F(GateTest, WhatHasPapersMayBeTrainedOn) { EXPECT_EQ(refusal(), ""); }

TEST_F(GateTest, AShardWithAPieceWhoseLicenceForbidsTrainingIsRefused) {
  change_manifest("CC-BY-4.0 NIFC chopinscores.org", "CC-BY-NC-4.0 NIFC");
  const std::string why = refusal();
  EXPECT_TRUE(says(why, "train-nifc-chopin.shard: piece 0: \"CC-BY-NC-4.0 NIFC\"")) << why;
  EXPECT_TRUE(says(why, "forbids commercial use")) << why;
}

TEST_F(GateTest, AShardWithAPieceThatIsNotInTheManifestIsRefused) {
  const std::string hash = trust::sha256(read_file(corpus_.path() / "piece2.mid"));
  change_manifest(hash, trust::sha256(std::string_view("something else")));
  const std::string why = refusal();
  EXPECT_TRUE(says(why, "piece 2: it is not in the manifest")) << why;
  EXPECT_TRUE(says(why, hash)) << why;
}

TEST_F(GateTest, AShardWithoutAManifestIsRefused) {
  std::filesystem::remove(shards_.path() / "manifest.jsonl");
  EXPECT_THROW(Sampler(shards_.path(), {}), Error);
}

TEST_F(GateTest, APieceThatIsThereToEvaluateWithIsNotTrainedOn) {
  change_manifest("\"purpose\":\"train\"", "\"purpose\":\"evaluate\"");
  EXPECT_TRUE(says(refusal(), "piece 0: it is there to evaluate with"));
}

TEST_F(GateTest, AShardWithAPieceThatIsOptedOutByItsHashIsRefused) {
  const std::string hash = trust::sha256(read_file(corpus_.path() / "piece3.mid"));
  const std::string why = refusal("# ours\n\nsha256:" + hash + "\n");
  EXPECT_TRUE(says(why, "piece 3: it is opted out by its SHA-256")) << why;
  EXPECT_TRUE(says(why, "opt-outs.txt: line 3")) << why;
}

TEST_F(GateTest, AShardWithAPieceThatIsOptedOutByItsFingerprintIsRefusedInAnyKey) {
  const Fingerprint moved = fingerprint_of(tune_of(transposed(piece(1), 5)));
  ASSERT_GE(moved.hashes.size(), 8U);
  const std::string why = refusal("fingerprint:" + to_text(moved));
  EXPECT_TRUE(says(why, "piece 1: it is opted out by its fingerprint")) << why;
}

TEST_F(GateTest, AScoreOnTheListStandsForItsMusic) {
  write_file(corpus_.path() / "mine.mid", ByteView(write_midi(transposed(piece(4), -3))));
  EXPECT_TRUE(says(refusal("mine.mid"), "piece 4: it is opted out by its fingerprint"));
}

TEST_F(GateTest, ALineThatIsNoOptOutIsNamed) {
  for (const char* line : {"sha256:abc", "fingerprint:xyz", "no-such-file.mid"}) {
    EXPECT_TRUE(says(refusal(std::string("# a list\n") + line), "opt-outs.txt: line 2: expected"))
        << line;
  }
}

TEST_F(GateTest, AnOptOutIsLeftOutWhenShardsAreMade) {
  const std::string hash = trust::sha256(read_file(corpus_.path() / "piece3.mid"));
  const auto list = corpus_.path() / "list.txt";
  write_file(list, "sha256:" + hash);
  const test::TemporaryFolder out("gate-again");
  const PrepareReport report = prepare(corpus_.path(), out.path(), {}, {.opt_outs = list});
  EXPECT_EQ(report.sources.at("nifc-chopin").train, 5);
  const ManifestEntry entry = read_manifest(out.path() / "manifest.jsonl")[3];
  EXPECT_EQ(entry.purpose, "none");
  EXPECT_TRUE(says(entry.reason, "it is opted out by its SHA-256"));
}

/// The shard as the first version had it: no checksum, no names.
void make_first_version(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  const Shard shard(path);
  const size_t tables = 8 * (shard.size() + 1);
  Bytes old(bytes.begin(), bytes.begin() + 56);
  old[7] = '1';
  old.insert(old.end(), bytes.begin() + 64, bytes.begin() + 64 + static_cast<int64_t>(tables));
  old.insert(old.end(), bytes.end() - static_cast<int64_t>(2 * shard.ids()), bytes.end());
  write_file(path, ByteView(old));
}

TEST_F(GateTest, PiecesOfAShardOfTheFirstVersionAreKnownByTheirPlaceInTheManifest) {
  const Batch before = Sampler(shards_.path(), {.rows = 2, .length = 50}).batch(3);
  make_first_version(shards_.path() / "train-nifc-chopin.shard");
  EXPECT_EQ(Sampler(shards_.path(), {.rows = 2, .length = 50}).batch(3).ids, before.ids);
  const std::string hash = trust::sha256(read_file(corpus_.path() / "piece3.mid"));
  EXPECT_TRUE(says(refusal("sha256:" + hash), "piece 3: it is opted out by its SHA-256"));
  const Fingerprint other{0, {1, 2, 3}};
  EXPECT_TRUE(says(refusal("fingerprint:" + to_text(other)), "of the first version"));
  change_manifest("\"ids\":", "\"ids\":1");
  EXPECT_TRUE(says(refusal(), "piece 0: it is not the piece of its place in the manifest"));
}

}  // namespace
}  // namespace motet::data
