// SPDX-License-Identifier: Apache-2.0
#include "motet/data/manifest.h"

#include "motet/base/error.h"
#include "motet/base/file.h"

namespace motet::data {
namespace {

template <typename Entry, typename Visit>
void each_field(Entry& entry, Visit&& visit) {
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

void write_manifest(const std::filesystem::path& path, const std::vector<ManifestEntry>& entries) {
  std::string text;
  for (const ManifestEntry& entry : entries) {
    Json line = Json::object();
    each_field(entry, [&](const char* name, const auto& value) { line[name] = value; });
    text += line.dump() + "\n";
  }
  write_file(path, text);
}

void each_json_line(const std::filesystem::path& path,
                    const std::function<void(const Json& line, const std::string& where)>& visit) {
  const std::string text = read_text(path);
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string where = path.string() + ": line " + std::to_string(++number);
    if (end > begin) {
      visit(parse_json(std::string_view(text).substr(begin, end - begin), where), where);
    }
    begin = end + 1;
  }
}

std::vector<ManifestEntry> read_manifest(const std::filesystem::path& path) {
  std::vector<ManifestEntry> entries;
  each_json_line(path, [&](const Json& line, const std::string& where) {
    ManifestEntry entry;
    each_field(entry, [&](const char* name, auto& value) {
      try {
        line.at(name).get_to(value);
      } catch (const Json::exception&) {
        throw Error(ErrorCode::kInvalidFile,
                    where + ": expected a field \"" + name + "\" of the right type");
      }
    });
    entries.push_back(std::move(entry));
  });
  return entries;
}

}  // namespace motet::data
