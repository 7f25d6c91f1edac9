// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "motet/base/json.h"
#include "motet/nn/rotary.h"

namespace motet::models {

/// The fields of one JSON object of a config.json. Absent and null are the same. Every error is an
/// Error(kInvalidFile) that names the file and the field.
class ConfigFields {
 public:
  /// json must outlive this, and is an object.
  ConfigFields(const Json& json, std::string file);

  [[noreturn]] void fail(const std::string& sentence) const;

  /// The first of several names that is there.
  const Json* find(std::initializer_list<const char*> names) const;
  std::optional<int64_t> whole(std::initializer_list<const char*> names) const;
  int64_t required(std::initializer_list<const char*> names) const;
  float number(const char* name, double otherwise) const;
  bool flag(const char* name, bool otherwise) const;
  std::string text(const char* name, const std::string& otherwise) const;
  /// Which must be there.
  ConfigFields object(const char* name) const;

  /// The field of that name, or what `field` was where there is none.
  void read(const char* name, int64_t& field) const { field = whole({name}).value_or(field); }
  void read(const char* name, float& field) const { field = number(name, double{field}); }
  void read(const char* name, bool& field) const { field = flag(name, field); }
  /// Refuses a text field that is none of these.
  void require_one(const char* name, const std::string& otherwise,
                   std::initializer_list<const char*> known) const;
  void require(const char* name) const;

 private:
  const Json& json_;
  std::string file_;
};

/// rope_theta and rope_scaling, or rope_parameters, which newer versions of transformers write.
/// longest  max_position_embeddings
/// source   Hugging Face transformers, modeling_rope_utils
nn::RopeConfig read_rope(const ConfigFields& fields, int64_t longest);

}  // namespace motet::models
