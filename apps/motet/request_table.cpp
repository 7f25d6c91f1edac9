// SPDX-License-Identifier: Apache-2.0
#include "motet/request_table.h"

#include <algorithm>

#include "motet/base/json.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

constexpr size_t kNameColumns = 13;
constexpr size_t kValueColumns = 28;

std::string padded(const std::string& text, size_t columns) {
  return text + std::string(columns - std::min(text.size(), columns), ' ');
}

/// "violin, violin, cello" as "2 violin, cello".
std::string list_text(const Json& list) {
  std::string text;
  for (size_t i = 0; i < list.size();) {
    size_t same = i;
    while (same < list.size() && list[same] == list[i]) ++same;
    if (!text.empty()) text += ", ";
    if (same - i > 1) text += std::to_string(same - i) + " ";
    text += list[i].get<std::string>();
    i = same;
  }
  return text;
}

std::string value_text(const Json& value) {
  if (value.is_array()) return list_text(value);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

void print_request(const tasks::Request& resolved, const std::map<std::string, std::string>& origin,
                   const std::vector<std::string>& usable) {
  const Json json = tasks::to_json(resolved);
  tasks::each_field(resolved, [&](const tasks::FieldInfo& info, const auto&) {
    const auto known = origin.find(info.name);
    const bool is_present = json.contains(info.name);
    if (!is_present && std::ranges::find(usable, info.name) == usable.end()) return;
    const std::string value = is_present ? value_text(json[info.name]) : "-";
    const std::string from = known != origin.end() ? known->second
                             : is_present          ? "the usual"
                                                   : "the model chooses";
    say("  " + padded(info.name, kNameColumns) + padded(value, kValueColumns) + "  " + from);
  });
}

}  // namespace motet::program
