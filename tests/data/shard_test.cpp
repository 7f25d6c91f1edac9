// SPDX-License-Identifier: Apache-2.0
#include "motet/data/shard.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"
#include "tests/data/corpus_folder.h"

namespace motet::data {
namespace {

ShardContent small_content() {
  return {.source = "here", .weight = 0.25, .vocab_size = 10, .pieces = {{1, 2, 3}, {}, {9}}};
}

TEST(Shard, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder("shard");
  write_shard(folder.path() / "train-here.shard", small_content());
  const Shard shard(folder.path() / "train-here.shard");
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

TEST(Shard, EveryTruncationIsRefused) {
  const test::TemporaryFolder folder("shard-cut");
  const auto path = folder.path() / "a.shard";
  write_shard(path, small_content());
  const Bytes bytes = read_file(path);
  for (size_t size = 0; size < bytes.size(); ++size) {
    write_file(path, ByteView(bytes).first(size));
    EXPECT_THROW(Shard{path}, Error) << size;
  }
}

TEST(Shard, AnIdOutsideItsVocabularyIsRefused) {
  const test::TemporaryFolder folder("shard-id");
  ShardContent content = small_content();
  content.vocab_size = 9;
  write_shard(folder.path() / "a.shard", content);
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
