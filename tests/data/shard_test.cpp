// SPDX-License-Identifier: Apache-2.0
#include "motet/data/shard.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "motet/base/error.h"
#include "motet/trust/hash.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

std::string name_of(int piece) { return trust::sha256(std::to_string(piece)); }

void write_small(const std::filesystem::path& path, uint32_t vocab_size = 10) {
  ShardWriter writer(path, {.source = "here", .weight = 0.25, .vocab_size = vocab_size});
  writer.add(std::array<uint16_t, 3>{1, 2, 3}, name_of(0), {1, {4, 8}});
  writer.add({}, name_of(1), {});
  writer.add(std::array<uint16_t, 1>{9}, name_of(2), {0, {7}});
  writer.finish();
}

/// The same ids as the first version had them, byte by byte.
Bytes first_version() {
  Bytes bytes;
  const auto append = [&](const void* data, size_t size) {
    const auto* raw = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), raw, raw + size);
  };
  const uint32_t vocab_size = 10;
  const float weight = 0.25F;
  const std::array<uint64_t, 5> counts = {3, 0, 3, 3, 4};
  const std::array<uint16_t, 4> ids = {1, 2, 3, 9};
  std::array<char, 32> source{};
  std::memcpy(source.data(), "here", 4);
  append("MOTETSH1", 8);
  append(&vocab_size, 4);
  append(&weight, 4);
  append(counts.data(), 8);
  append(source.data(), source.size());
  append(counts.data() + 1, 32);
  append(ids.data(), 8);
  return bytes;
}

void expect_small(const Shard& shard) {
  EXPECT_EQ(shard.source(), "here");
  EXPECT_EQ(shard.weight(), 0.25);
  EXPECT_EQ(shard.vocab_size(), 10U);
  EXPECT_EQ(shard.ids(), 4U);
  ASSERT_EQ(shard.size(), 3U);
  EXPECT_EQ(std::vector<uint16_t>(shard.piece(0).begin(), shard.piece(0).end()),
            (std::vector<uint16_t>{1, 2, 3}));
  EXPECT_TRUE(shard.piece(1).empty());
  EXPECT_EQ(shard.piece(2)[0], 9);
}

TEST(Shard, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder("shard");
  write_small(folder.path() / "train-here.shard");
  const Shard shard(folder.path() / "train-here.shard");
  expect_small(shard);
  ASSERT_TRUE(shard.has_names());
  EXPECT_EQ(shard.sha256(2), name_of(2));
  EXPECT_EQ(shard.fingerprint(0), (Fingerprint{1, {4, 8}}));
  EXPECT_EQ(shard.fingerprint(1), Fingerprint{});
}

TEST(Shard, TheFirstVersionIsStillRead) {
  const test::TemporaryFolder folder("shard-first");
  write_file(folder.path() / "a.shard", ByteView(first_version()));
  const Shard shard(folder.path() / "a.shard");
  expect_small(shard);
  EXPECT_FALSE(shard.has_names());
}

TEST(Shard, NothingIsThereBeforeItIsFinishedAndNothingElseAfterIt) {
  const test::TemporaryFolder folder("shard-part");
  {
    ShardWriter writer(folder.path() / "a.shard", {.source = "here"});
    writer.add({}, name_of(0), {});
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.shard"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  write_small(folder.path() / "a.shard");
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Shard, EveryTruncationIsRefused) {
  const test::TemporaryFolder folder("shard-cut");
  const auto path = folder.path() / "a.shard";
  write_small(path);
  for (const Bytes& bytes : {read_file(path), first_version()}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      write_file(path, ByteView(bytes).first(size));
      EXPECT_THROW(Shard{path}, Error) << size;
    }
  }
}

TEST(Shard, AChangedByteBehindTheHeaderIsRefused) {
  const test::TemporaryFolder folder("shard-flip");
  const auto path = folder.path() / "a.shard";
  write_small(path);
  const Bytes bytes = read_file(path);
  for (size_t at = 56; at < bytes.size(); ++at) {
    Bytes changed = bytes;
    changed[at] ^= 4U;
    write_file(path, ByteView(changed));
    EXPECT_THROW(Shard{path}, Error) << at;
  }
}

TEST(Shard, AnIdOutsideItsVocabularyIsRefused) {
  const test::TemporaryFolder folder("shard-id");
  write_small(folder.path() / "a.shard", 9);
  EXPECT_THROW(Shard{folder.path() / "a.shard"}, Error);
}

TEST(Shard, AFolderWithoutShardsSaysHowToMakeThem) {
  const test::TemporaryFolder folder("shard-none");
  try {
    open_shards(folder.path(), "train");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("motet data prepare"), std::string::npos);
  }
}

}  // namespace
}  // namespace motet::data
