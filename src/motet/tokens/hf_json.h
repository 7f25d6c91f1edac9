// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "motet/base/error.h"
#include "motet/base/json.h"

namespace motet::tokens {

/// One place of a tokenizer.json, which its errors name: "tokenizer.json: pre_tokenizer: ...".
class HfPlace {
 public:
  HfPlace(const Json& json, std::string path) : json_(&json), path_(std::move(path)) {}

  const Json& json() const { return *json_; }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kInvalidFile, "tokenizer.json: " + path_ + ": " + why);
  }
  /// For what is well-formed, but not ours: names it, and the way out.
  [[noreturn]] void refuse_kind(const std::string& kind) const {
    refuse("\"" + kind.substr(0, 60) +
           "\" is not supported; encode with the Python package `tokenizers` instead");
  }

  bool has(const char* key) const {
    return json_->is_object() && json_->contains(key) && !json_->at(key).is_null();
  }
  HfPlace at(const char* key) const {
    if (!has(key)) refuse(std::string("expected a field \"") + key + "\"");
    return {json_->at(key), path_ + "." + key};
  }
  HfPlace at(size_t index) const {
    return {json_->at(index), path_ + "[" + std::to_string(index) + "]"};
  }
  size_t size() const {
    if (!json_->is_array()) refuse("expected a list");
    return json_->size();
  }

  std::string text() const {
    if (!json_->is_string()) refuse("expected a text");
    return json_->get<std::string>();
  }
  std::string text(const char* key) const { return at(key).text(); }
  std::string text(const char* key, const char* otherwise) const {
    return has(key) ? text(key) : otherwise;
  }
  bool flag(const char* key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const HfPlace place = at(key);
    if (!place.json().is_boolean()) place.refuse("expected true or false");
    return place.json().get<bool>();
  }
  /// A whole number in 0 .. limit.
  size_t number(size_t limit) const {
    const bool fits = json_->is_number_unsigned() && json_->get<uint64_t>() <= limit;
    if (!fits) refuse("expected a whole number from 0 to " + std::to_string(limit));
    return json_->get<size_t>();
  }
  double real() const {
    if (!json_->is_number()) refuse("expected a number");
    return json_->get<double>();
  }
  std::string type() const { return text("type"); }

 private:
  const Json* json_;
  std::string path_;
};

/// Throws Error(kInvalidArgument) when a text has grown out of all proportion, which no tokenizer
/// means to do, but a hostile file can, by Replace upon Replace.
inline void require_growth(size_t before, size_t after) {
  constexpr size_t kTimes = 16;
  constexpr size_t kFree = size_t{1} << 22;
  if (after <= kFree + kTimes * before) return;
  throw Error(ErrorCode::kInvalidArgument,
              "tokenizer.json: the tokenizer makes " + std::to_string(before) +
                  " characters of text into more than " + std::to_string(after - 1));
}

/// How deep a Sequence may stand within Sequences.
inline constexpr int kHfMaxDepth = 32;

}  // namespace motet::tokens
