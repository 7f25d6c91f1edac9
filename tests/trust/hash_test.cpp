// SPDX-License-Identifier: Apache-2.0
#include "motet/trust/hash.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "motet/base/error.h"

namespace motet::trust {
namespace {

namespace fs = std::filesystem;

class Bundle : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("motet_bundle_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
      write_file(folder_ / name, std::string_view("abc"));
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

// Source of both: FIPS 180-4 examples (NIST CSRC, "SHA256.pdf"), one block and the empty message.
TEST(Hash, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, PieceByPieceIsTheSame) {
  Sha256 hash;
  const Bytes letters = {'a', 'b', 'c'};
  hash.add(ByteView(letters).first(1));
  hash.add({});
  hash.add(ByteView(letters).subspan(1));
  EXPECT_EQ(hash.hex(), sha256("abc"));
}

TEST_F(Bundle, AFileHashesAsItsBytesDo) {
  EXPECT_EQ(sha256_of_file(folder_ / "config.json"), sha256("abc"));
}

/// As `git hash-object` prints them.
TEST_F(Bundle, AFileHasTheNameThatGitGivesItsBlob) {
  write_file(folder_ / "hello", std::string_view("hello"));
  EXPECT_EQ(git_blob_of_file(folder_ / "hello"), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
  write_file(folder_ / "nothing", std::string_view());
  EXPECT_EQ(git_blob_of_file(folder_ / "nothing"), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

TEST_F(Bundle, HashIsThatOfItsChecksumLines) {
  const std::string line = sha256("abc") + "  ";
  EXPECT_EQ(bundle_hash(folder_), sha256(line + "config.json\n" + line + "model.safetensors\n" +
                                         line + "tokenizer.json\n"));
}

TEST_F(Bundle, HashChangesWithEveryFileThatMatters) {
  const std::string before = bundle_hash(folder_);
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
    write_file(folder_ / name, std::string_view("abd"));
    EXPECT_NE(bundle_hash(folder_), before) << name;
    write_file(folder_ / name, std::string_view("abc"));
  }
  EXPECT_EQ(bundle_hash(folder_), before);
}

TEST_F(Bundle, HashIgnoresTheCard) {
  const std::string before = bundle_hash(folder_);
  write_file(folder_ / "README.md", std::string_view("a card"));
  EXPECT_EQ(bundle_hash(folder_), before);
}

TEST_F(Bundle, AMissingFileIsNamed) {
  fs::remove(folder_ / "tokenizer.json");
  try {
    bundle_hash(folder_);
    FAIL() << "expected an Error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(e.what()).find("tokenizer.json"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace motet::trust
