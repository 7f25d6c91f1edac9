// SPDX-License-Identifier: Apache-2.0
#include "motet/models/config_fields.h"

#include <map>
#include <utility>

#include "motet/base/error.h"

namespace motet::models {
namespace {

constexpr uint64_t kLargestWhole = uint64_t{1} << 48;  // so that a multiple of a field fits 64 bits

std::string quoted(std::initializer_list<const char*> names) {
  return "\"" + std::string(*names.begin()) + "\"";
}

}  // namespace

ConfigFields::ConfigFields(const Json& json, std::string file)
    : json_(json), file_(std::move(file)) {
  if (!json_.is_object()) fail("expected an object");
}

void ConfigFields::fail(const std::string& sentence) const {
  throw Error(ErrorCode::kInvalidFile, file_ + ": " + sentence);
}

const Json* ConfigFields::find(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    const auto found = json_.find(name);
    if (found != json_.end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

void ConfigFields::require(const char* name) const {
  if (find({name}) == nullptr) fail(quoted({name}) + " is missing");
}

std::optional<int64_t> ConfigFields::whole(std::initializer_list<const char*> names) const {
  const Json* value = find(names);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    fail(quoted(names) + " is not a whole number, found " + value->dump());
  }
  const bool is_huge = value->is_number_unsigned() && value->get<uint64_t>() > kLargestWhole;
  if (is_huge || value->get<int64_t>() < -static_cast<int64_t>(kLargestWhole)) {
    fail(quoted(names) + " is beyond all models, found " + value->dump());
  }
  return value->get<int64_t>();
}

int64_t ConfigFields::required(std::initializer_list<const char*> names) const {
  const auto value = whole(names);
  if (!value) fail(quoted(names) + " is missing");
  return *value;
}

float ConfigFields::number(const char* name, double otherwise) const {
  const Json* value = find({name});
  if (value == nullptr) return static_cast<float>(otherwise);
  if (!value->is_number()) fail(quoted({name}) + " is not a number, found " + value->dump());
  return static_cast<float>(value->get<double>());
}

bool ConfigFields::flag(const char* name, bool otherwise) const {
  const Json* value = find({name});
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(quoted({name}) + " is not true or false, found " + value->dump());
  return value->get<bool>();
}

std::string ConfigFields::text(const char* name, const std::string& otherwise) const {
  const Json* value = find({name});
  if (value == nullptr) return otherwise;
  if (!value->is_string()) fail(quoted({name}) + " is not a text, found " + value->dump());
  return value->get<std::string>();
}

ConfigFields ConfigFields::object(const char* name) const {
  require(name);
  return {*find({name}), file_ + ": " + name};
}

void ConfigFields::require_one(const char* name, const std::string& otherwise,
                               std::initializer_list<const char*> known) const {
  const std::string found = text(name, otherwise);
  std::string list;
  for (const char* each : known) {
    if (found == each) return;
    list += (list.empty() ? "" : ", ") + std::string(each);
  }
  fail(quoted({name}) + " must be one of " + list + "; found " + found);
}

nn::RopeConfig read_rope(const ConfigFields& fields, int64_t longest) {
  using Scaling = nn::RopeConfig::Scaling;
  static const std::map<std::string, Scaling> kTypes{{"default", Scaling::kNone},
                                                     {"linear", Scaling::kLinear},
                                                     {"ntk", Scaling::kNtk},
                                                     {"llama3", Scaling::kLlama3},
                                                     {"yarn", Scaling::kYarn}};
  nn::RopeConfig rope{.theta = fields.number("rope_theta", 10'000.0)};
  const bool is_new = fields.find({"rope_parameters"}) != nullptr;
  const char* name = is_new ? "rope_parameters" : "rope_scaling";
  if (fields.find({name}) == nullptr) return rope;
  const ConfigFields inner = fields.object(name);
  inner.read("rope_theta", rope.theta);
  const std::string type = inner.text("rope_type", inner.text("type", "default"));
  const auto known = kTypes.find(type);
  if (known == kTypes.end()) {
    inner.fail("\"rope_type\" must be default, linear, ntk, llama3 or yarn; found " + type);
  }
  rope.scaling = known->second;
  if (rope.scaling == Scaling::kNone) return rope;
  inner.require("factor");
  inner.read("factor", rope.factor);
  if (rope.scaling == Scaling::kLlama3) {
    inner.require("low_freq_factor");
    inner.require("high_freq_factor");
    inner.require("original_max_position_embeddings");
  }
  if (rope.scaling == Scaling::kYarn) {
    if (inner.find({"mscale", "mscale_all_dim"}) != nullptr) {
      inner.fail("\"mscale\" is not supported; \"attention_factor\" is");
    }
    rope.original_positions = longest;
    rope.attention_factor = nn::yarn_attention_factor(rope.factor);
  }
  inner.read("low_freq_factor", rope.low_frequency_factor);
  inner.read("high_freq_factor", rope.high_frequency_factor);
  inner.read("original_max_position_embeddings", rope.original_positions);
  inner.read("beta_fast", rope.beta_fast);
  inner.read("beta_slow", rope.beta_slow);
  inner.read("attention_factor", rope.attention_factor);
  return rope;
}

}  // namespace motet::models
