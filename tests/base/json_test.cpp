// SPDX-License-Identifier: Apache-2.0
#include "motet/base/json.h"

#include <gtest/gtest.h>

#include "motet/base/error.h"

namespace motet {
namespace {

std::string refusal_of(std::string_view text) {
  try {
    parse_json(text, "config.json");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidFile);
    return e.what();
  }
  return "";
}

TEST(Json, KeepsTheOrderOfKeys) {
  const std::string text = "{\n  \"z\": 1,\n  \"a\": [\n    2\n  ]\n}\n";
  EXPECT_EQ(to_text(parse_json(text, "t")), text);
}

TEST(Json, NamesLineAndColumn) {
  const std::string message = refusal_of("{\n  \"a\": 1,\n  oops\n}");
  EXPECT_TRUE(message.starts_with("config.json: line 3, column 3: ")) << message;
}

TEST(Json, RefusesANumberBeyondADouble) {
  EXPECT_THROW(parse_json("[3e+88888]", "numbers"), Error);
}

TEST(Json, RefusesTheEmptyText) {
  EXPECT_TRUE(refusal_of("").starts_with("config.json: line 1, column 1: ")) << refusal_of("");
}

TEST(Json, RefusesWhatIsTooDeep) {
  const std::string deep = std::string(100'000, '[');
  EXPECT_NE(refusal_of(deep).find("512 levels"), std::string::npos) << refusal_of(deep);
}

TEST(Json, RefusesToWriteBadUtf8) {
  Json json;
  json["name"] = "\xFF";
  EXPECT_THROW(to_text(json), Error);
}

}  // namespace
}  // namespace motet
