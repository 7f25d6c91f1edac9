// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/listing.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"

namespace motet::hub {
namespace {

const std::string kSha = "0123456789abcdef0123456789abcdef01234567";

std::string listing_with(const std::string& rest) {
  return R"({"sha":")" + kSha + "\"," + rest + "}";
}

std::string refusal_of(const std::string& text) {
  try {
    read_listing(text, "maker/tiny");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_TRUE(std::string(error.what()).starts_with("maker/tiny: ")) << error.what();
    return error.what();
  }
  return "none";
}

std::vector<std::string> names_of(const std::vector<ListedFile>& files) {
  std::vector<std::string> names;
  for (const ListedFile& file : files) names.push_back(file.name);
  return names;
}

std::vector<ListedFile> files_named(const std::vector<std::string>& names) {
  std::vector<ListedFile> files;
  for (const std::string& name : names) {
    files.push_back({.name = name, .size = std::nullopt, .sha256 = "", .blob = ""});
  }
  return files;
}

TEST(HubListing, SizesAndHashesAreRead) {
  const std::string sha256(64, 'a');
  const Listing listing = read_listing(
      listing_with(R"("cardData":{"license":"mit"},"siblings":[{"rfilename":"a/b.json","size":7,)"
                   R"("blobId":")" +
                   kSha + R"("},{"rfilename":"w","size":130,"blobId":")" + kSha +
                   R"(","lfs":{"size":900,"sha256":")" + sha256 + R"("}},{"rfilename":"c"}])"),
      "maker/tiny");
  EXPECT_EQ(listing.commit, kSha);
  EXPECT_EQ(listing.licence, "mit");
  ASSERT_EQ(listing.files.size(), 3U);
  EXPECT_EQ(listing.files[0].name, "a/b.json");
  EXPECT_EQ(listing.files[0].size, 7);
  EXPECT_EQ(listing.files[0].blob, kSha);
  EXPECT_EQ(listing.files[1].size, 900);
  EXPECT_EQ(listing.files[1].sha256, sha256);
  EXPECT_EQ(listing.files[1].blob, "");
  EXPECT_EQ(listing.files[2].size, std::nullopt);
}

TEST(HubListing, LicenceIsTheCardsElseTheTags) {
  const auto licence = [](const std::string& rest) {
    return read_listing(listing_with(rest + R"("siblings":[])"), "maker/tiny").licence;
  };
  EXPECT_EQ(licence(R"("cardData":{"license":"mit"},"tags":["license:bsd"],)"), "mit");
  EXPECT_EQ(licence(R"("cardData":{"license":["mit","cc0-1.0"]},)"), "mit, cc0-1.0");
  EXPECT_EQ(licence(R"("cardData":{"license":"other","license_name":"ours"},)"), "other, ours");
  EXPECT_EQ(licence(R"("cardData":null,"tags":["music","license:bsd"],)"), "bsd");
  EXPECT_EQ(licence(R"("cardData":{"license":7},"tags":7,)"), "");
  EXPECT_EQ(licence(R"("cardData":{"license":"a\u001b[2Jb"},)"), "a?[2Jb");
}

TEST(HubListing, WhatIsNoListingIsRefused) {
  EXPECT_NE(refusal_of("[]").find("an object"), std::string::npos);
  EXPECT_NE(refusal_of("<html>").find("line 1"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"sha":"main","siblings":[]})").find("\"sha\""), std::string::npos);
  EXPECT_NE(refusal_of(listing_with(R"("siblings":{})")).find("\"siblings\""), std::string::npos);
  EXPECT_NE(refusal_of(listing_with(R"("siblings":[1])")).find("no object"), std::string::npos);
  EXPECT_NE(refusal_of(listing_with(R"("siblings":[{}])")).find("rfilename"), std::string::npos);
  EXPECT_NE(refusal_of(listing_with(R"("siblings":[{"rfilename":"a"},{"rfilename":"a"}])"))
                .find("a is listed twice"),
            std::string::npos);
  EXPECT_NE(refusal_of(listing_with(R"("siblings":[{"rfilename":"a","lfs":{"sha256":"b"}}])"))
                .find("a: \"sha256\""),
            std::string::npos);
}

TEST(HubListing, NamesStayInsideTheFolder) {
  for (const char* good : {"a", "a/b", "a.b/c d", "..a", "a..", ".git", "Grüße.json"}) {
    EXPECT_NO_THROW(require_inside(good, "maker/tiny")) << good;
  }
  for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b",
                          "a\\b", "C:a", "a\nb", "\x1b", "a.part"}) {
    EXPECT_THROW(require_inside(bad, "maker/tiny"), Error) << bad;
  }
  EXPECT_THROW(require_inside(std::string("a\0b", 3), "maker/tiny"), Error);
  EXPECT_THROW(require_inside(std::string(300, 'a'), "maker/tiny"), Error);
}

TEST(HubListing, WhatACheckpointNeedsIsChosen) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(needed_files(files_named(
                {".gitattributes", "LICENSE.txt", "README.md", "config.json", "model.safetensors",
                 "model.gguf", "pytorch_model.bin", "flax_model.msgpack", "onnx/model.onnx",
                 "original/params.json", "tokenizer.model", "vocab.txt"}))),
            (Names{"LICENSE.txt", "README.md", "config.json", "model.safetensors",
                   "tokenizer.model", "vocab.txt"}));
  EXPECT_EQ(names_of(needed_files(files_named({"a.gguf", "LICENSE", "x.pth"}))),
            (Names{"a.gguf", "LICENSE"}));
  EXPECT_TRUE(has_only_pickles(files_named({"config.json", "weights.pth"})));
  EXPECT_FALSE(has_only_pickles(files_named({"weights.pth", "model.safetensors"})));
  EXPECT_FALSE(has_only_pickles(files_named({"config.json"})));
}

TEST(HubListing, UrlsAreEscaped) {
  EXPECT_EQ(escaped("refs/pr/1", false), "refs%2Fpr%2F1");
  EXPECT_EQ(escaped("a b/ü?#%.json", true), "a%20b/%C3%BC%3F%23%25.json");
}

}  // namespace
}  // namespace motet::hub
