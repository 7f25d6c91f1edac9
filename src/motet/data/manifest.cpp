// SPDX-License-Identifier: Apache-2.0
#include "motet/data/manifest.h"

#include <fstream>

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::data {
namespace {

template <typename Entry, typename Visit>
void each_manifest_field(Entry& entry, Visit&& visit) {
  visit("file", entry.file);
  visit("sha256", entry.sha256);
  visit("source", entry.source);
  visit("licence", entry.licence);
  visit("rights", entry.rights);
  visit("work", entry.work);
  visit("split", entry.split);
  visit("purpose", entry.purpose);
  visit("reason", entry.reason);
  visit("notes", entry.notes);
  visit("ids", entry.ids);
}

}  // namespace

std::string to_line(const ManifestEntry& entry) {
  Json line = Json::object();
  each_manifest_field(entry, [&](const char* name, const auto& value) { line[name] = value; });
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void each_json_line(const std::filesystem::path& path,
                    const std::function<void(const Json& line, const std::string& where)>& visit) {
  if (std::filesystem::is_directory(path)) read_text(path);  // throws
  std::ifstream in(path, std::ios::binary);
  if (!in) read_text(path);  // throws, with the system's reason
  std::string text;
  for (size_t number = 1; std::getline(in, text); ++number) {
    if (text.empty()) continue;
    const std::string where = path.string() + ": line " + std::to_string(number);
    visit(parse_json(text, where), where);
  }
}

void each_entry(const std::filesystem::path& path,
                const std::function<void(const ManifestEntry&)>& visit) {
  each_json_line(path, [&](const Json& line, const std::string& where) {
    ManifestEntry entry;
    each_manifest_field(entry, [&](const std::string& name, auto& value) {
      if (name == "ids" && line.is_object() && !line.contains(name)) return;  // not yet tokens
      try {
        line.at(name).get_to(value);
      } catch (const Json::exception&) {
        throw Error(ErrorCode::kInvalidFile,
                    where + ": expected a field \"" + name + "\" of the right type");
      }
    });
    visit(entry);
  });
}

std::vector<ManifestEntry> read_manifest(const std::filesystem::path& path) {
  std::vector<ManifestEntry> entries;
  each_entry(path, [&](const ManifestEntry& entry) { entries.push_back(entry); });
  return entries;
}

}  // namespace motet::data
