// SPDX-License-Identifier: Apache-2.0
#include "motet/base/json.h"

#include <algorithm>

#include "motet/base/error.h"

namespace motet {
namespace {

/// Deeper nesting than this is not data but an attack on the stack of whoever walks it.
constexpr int kMaxDepth = 512;

/// "line L, column C" of a 1-based byte position, columns counted in bytes.
std::string place_of(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column = 1 + before.size() - (newline == std::string_view::npos ? 0 : newline + 1);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// nlohmann's message without its "[json.exception...] parse error at line ...: " head.
std::string reason_of(const std::string& what) {
  const size_t colon = what.find(": ");
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& name) {
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) throw Error(ErrorCode::kInvalidFile, "");
    return true;
  };
  try {
    return Json::parse(text, limit_depth);
  } catch (const Json::parse_error& e) {
    throw Error(ErrorCode::kInvalidFile,
                name + ": " + place_of(text, e.byte) + ": " + reason_of(e.what()));
  } catch (const Json::exception& e) {  // a number beyond what a double holds
    throw Error(ErrorCode::kInvalidFile, name + ": " + reason_of(e.what()));
  } catch (const Error&) {
    throw Error(ErrorCode::kInvalidFile, name + ": expected at most " + std::to_string(kMaxDepth) +
                                             " levels of JSON, found more");
  }
}

std::string to_text(const Json& json) {
  try {
    return json.dump(2) + "\n";
  } catch (const Json::type_error& e) {
    throw Error(ErrorCode::kInvalidArgument, std::string("JSON: ") + reason_of(e.what()));
  }
}

}  // namespace motet
