// SPDX-License-Identifier: Apache-2.0
#include "motet/trust/provenance.h"

#include <optional>
#include <sstream>

#include "motet/base/error.h"
#include "motet/trust/hash.h"

namespace motet::trust {
namespace {

constexpr std::string_view kNotStated = "not stated";
constexpr std::string_view kLicenceField = "training_data_license:";

/// A member of an object as a T; the message names it when it is missing or something else.
template <typename T>
T member(const Json& json, const char* field, const char* expected, const std::string& name) {
  const auto found = json.is_object() ? json.find(field) : json.end();
  if (found != json.end()) {
    try {
      return found->template get<T>();
    } catch (const Json::exception&) {  // of the wrong type: told below, as for a missing one
    }
  }
  throw Error(ErrorCode::kInvalidFile, name + ": " + field + ": expected " + expected + ", found " +
                                           (found == json.end() ? "nothing" : found->dump()));
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"'";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kBlank) - begin + 1));
}

/// A field of the head of a card (README.md), between its "---" lines.
std::optional<std::string> card_field(const std::filesystem::path& folder, std::string_view field) {
  const std::filesystem::path card = folder / "README.md";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(card, ignored)) return std::nullopt;
  const std::string text = read_text(card);
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  if (trimmed(line) != "---") return std::nullopt;
  while (std::getline(lines, line) && trimmed(line) != "---") {
    if (line.starts_with(field)) return trimmed(std::string_view(line).substr(field.size()));
  }
  return std::nullopt;
}

}  // namespace

std::string_view engine_version() noexcept { return MOTET_VERSION; }

OutputRecord record_of(const std::filesystem::path& path, ByteView bytes) {
  return {path.filename().string(), sha256(bytes)};
}

Json to_json(const Provenance& record) {
  Json outputs = Json::array();
  for (const OutputRecord& output : record.outputs) {
    outputs.push_back({{"name", output.name}, {"sha256", output.sha256}});
  }
  return {{"made_by", "Motet " + record.engine_version},
          {"engine_version", record.engine_version},
          {"bundle",
           {{"name", record.bundle_name},
            {"hash", record.bundle_hash},
            {"training_data_licence", record.training_data_licence}}},
          {"seed", record.seed},
          {"request", record.request},
          {"outputs", outputs}};
}

Provenance provenance_from(const Json& json, const std::string& name) {
  Provenance record;
  record.engine_version = member<std::string>(json, "engine_version", "a text", name);
  const auto bundle = member<Json>(json, "bundle", "an object", name);
  record.bundle_name = member<std::string>(bundle, "name", "a text", name);
  record.bundle_hash = member<std::string>(bundle, "hash", "a text", name);
  record.training_data_licence =
      member<std::string>(bundle, "training_data_licence", "a text", name);
  record.seed = member<uint64_t>(json, "seed", "a whole number", name);
  record.request = member<Json>(json, "request", "an object", name);
  const auto outputs = member<Json>(json, "outputs", "a list", name);
  for (const Json& output : outputs) {
    record.outputs.push_back({member<std::string>(output, "name", "a text", name),
                              member<std::string>(output, "sha256", "a text", name)});
  }
  return record;
}

std::string training_data_licence(const std::filesystem::path& bundle_folder) {
  return card_field(bundle_folder, kLicenceField).value_or(std::string(kNotStated));
}

std::string licence_of(const std::filesystem::path& folder) {
  if (const auto stated = card_field(folder, "license:")) return *stated;
  const std::filesystem::path path = folder / "LICENSE";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::string(kNotStated);
  std::istringstream lines(read_text(path));
  std::string line;
  while (std::getline(lines, line)) {
    if (!trimmed(line).empty()) return trimmed(line);
  }
  return std::string(kNotStated);
}

}  // namespace motet::trust
