// SPDX-License-Identifier: Apache-2.0
#include "motet/tokens/hf_tokenizer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::tokens {
namespace {

/// tools/make_hf_golden.py made these with `tokenizers` 0.23.3.
Json golden(const std::string& name) {
  const auto path = std::filesystem::path(MOTET_GOLDEN_DIR) / "hf" / (name + ".json");
  return parse_json(read_text(path), path.string());
}

std::string error_of(const std::string& json) {
  try {
    const HfTokenizer tokenizer{std::string_view(json)};
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

class HfTokenizerGolden : public testing::TestWithParam<const char*> {};

TEST_P(HfTokenizerGolden, EncodesAsTokenizersDoes) {
  const Json data = golden(GetParam());
  const HfTokenizer tokenizer(data.at("tokenizer"));
  for (const Json& one : data.at("cases")) {
    const auto text = one.at("text").get<std::string>();
    EXPECT_EQ(tokenizer.encode(text), one.at("ids").get<std::vector<TokenId>>()) << text;
    EXPECT_EQ(tokenizer.encode(text, HfTokenizer::Specials::kLeaveOut),
              one.at("plain").get<std::vector<TokenId>>())
        << text;
  }
}

TEST_P(HfTokenizerGolden, DecodesAsTokenizersDoes) {
  const Json data = golden(GetParam());
  const HfTokenizer tokenizer(data.at("tokenizer"));
  for (const Json& one : data.at("cases")) {
    const auto ids = one.at("ids").get<std::vector<TokenId>>();
    EXPECT_EQ(tokenizer.decode(ids), one.at("decoded").get<std::string>());
    EXPECT_EQ(tokenizer.decode(ids, HfTokenizer::Specials::kAdd),
              one.at("decoded_all").get<std::string>());
  }
}

TEST_P(HfTokenizerGolden, IsTheSameAfterBeingWrittenAndRead) {
  const Json data = golden(GetParam());
  const HfTokenizer once(data.at("tokenizer"));
  const HfTokenizer again(parse_json(to_text(once.json()), "again"));
  EXPECT_EQ(to_text(again.json()), to_text(once.json()));
  for (const Json& one : data.at("cases")) {
    const auto text = one.at("text").get<std::string>();
    EXPECT_EQ(again.encode(text), once.encode(text)) << text;
  }
}

TEST_P(HfTokenizerGolden, EncodesManyTextsOnAnyNumberOfThreads) {
  const Json data = golden(GetParam());
  const HfTokenizer tokenizer(data.at("tokenizer"));
  std::vector<std::string> texts;
  std::vector<std::vector<TokenId>> expected;
  for (int round = 0; round < 3; ++round) {
    for (const Json& one : data.at("cases")) {
      texts.push_back(one.at("text").get<std::string>());
      expected.push_back(one.at("ids").get<std::vector<TokenId>>());
    }
  }
  for (const size_t threads : {1, 3}) {
    ThreadPool pool(threads);
    EXPECT_EQ(tokenizer.encode_all(texts, pool), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, HfTokenizerGolden,
                         testing::Values("gpt2", "roberta", "llama3", "llama", "t5", "bert",
                                         "word_level", "bpe_suffix"),
                         [](const auto& each) { return std::string(each.param); });

TEST(HfTokenizer, ByteLevelGivesBackAnyText) {
  const Json file = golden("gpt2");
  const HfTokenizer tokenizer(file.at("tokenizer"));
  for (const Json& one : file.at("cases")) {
    const auto text = one.at("text").get<std::string>();
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

constexpr const char* kModel =
    R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]})";

TEST(HfTokenizer, ReadsTheOldWayToWriteMerges) {
  const HfTokenizer tokenizer(std::string_view("{" + std::string(kModel) + "}"));
  EXPECT_EQ(tokenizer.encode("abba"), (std::vector<TokenId>{2, 1, 0}));
  EXPECT_EQ(tokenizer.find("ab"), 2);
  EXPECT_EQ(tokenizer.token_of(2), "ab");
  EXPECT_EQ(tokenizer.token_of(3), std::nullopt);
}

TEST(HfTokenizer, NamesWhatItDoesNotSupport) {
  const auto with = [](const std::string& part) {
    return error_of("{" + part + "," + kModel + "}");
  };
  EXPECT_EQ(with(R"("pre_tokenizer":{"type":"UnicodeScripts"})"),
            "tokenizer.json: the file.pre_tokenizer: \"UnicodeScripts\" is not supported; encode "
            "with the Python package `tokenizers` instead");
  EXPECT_NE(with(R"("decoder":{"type":"CTC"})").find("\"CTC\""), std::string::npos);
  EXPECT_NE(with(R"("normalizer":{"type":"Magic"})").find("\"Magic\""), std::string::npos);
  EXPECT_NE(with(R"("post_processor":{"type":"Odd"})").find("\"Odd\""), std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"Neural"}})").find("\"Neural\""), std::string::npos);
  EXPECT_NE(
      error_of(R"({"model":{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}})").find("dropout"),
      std::string::npos);
}

TEST(HfTokenizer, NamesThePlaceThatIsWrong) {
  EXPECT_NE(error_of("[]").find("expected an object"), std::string::npos);
  EXPECT_NE(error_of("{}").find("\"model\""), std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}})")
                .find("model.merges[0]: \"b\" is not in the vocabulary"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}})")
                .find("merge 0 makes \"ab\""),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"WordLevel","vocab":{"a":4000000000},"unk_token":"a"}})")
                .find("expected an id"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"}},)" +
                     std::string(kModel) + "}")
                .find("regular expression \"(a\""),
            std::string::npos);
}

TEST(HfTokenizer, RefusesToGrowATextWithoutEnd) {
  std::string steps = R"({"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaa"})";
  for (int doubling = 0; doubling < 4; ++doubling) steps += "," + steps;
  const HfTokenizer tokenizer(std::string_view(
      R"({"normalizer":{"type":"Sequence","normalizers":[)" + steps + "]}," + kModel + "}"));
  EXPECT_THROW(tokenizer.encode("a"), Error);
}

TEST(HfTokenizer, RefusesATextThatIsNotUtf8) {
  const HfTokenizer tokenizer(std::string_view("{" + std::string(kModel) + "}"));
  EXPECT_THROW(tokenizer.encode("ab\xff"), Error);
  EXPECT_THROW(tokenizer.encode("\xed\xa0\x80"), Error);  // a surrogate
}

TEST(HfTokenizer, RefusesTheUnknownWithoutATokenForIt) {
  const HfTokenizer tokenizer(
      std::string_view(R"({"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"?"}})"));
  EXPECT_THROW(tokenizer.encode("b"), Error);
}

}  // namespace
}  // namespace motet::tokens
