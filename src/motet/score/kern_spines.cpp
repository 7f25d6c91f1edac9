// SPDX-License-Identifier: Apache-2.0
#include "motet/score/kern_spines.h"

#include <algorithm>

#include "motet/base/error.h"

namespace motet::kern {
namespace {

[[noreturn]] void refuse(size_t line, const std::string& what) {
  throw Error(ErrorCode::kInvalidFile, "kern: line " + std::to_string(line) + ": " + what);
}

/// As much of a field as an error message can bear.
std::string excerpt(std::string_view field) {
  constexpr size_t kMost = 30;
  std::string text;
  for (const char c : field.substr(0, kMost)) text += c >= ' ' && c < 0x7F ? c : '?';
  return "\"" + text + "\"";
}

LineKind line_kind_of(std::string_view line) {
  if (line.starts_with("!!")) return LineKind::kGlobal;
  if (line[0] == '!') return LineKind::kLocal;
  if (line[0] == '*') return LineKind::kInterpretation;
  return line[0] == '=' ? LineKind::kBarline : LineKind::kData;
}

bool moves_spines(std::string_view field) {
  return field == "*^" || field == "*v" || field == "*x" || field == "*+" || field == "*-";
}

}  // namespace

Spines::Spines(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

bool Spines::next() {
  if (moves_) columns_ = next_columns_;
  moves_ = false;
  while (!rest_.empty()) {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    kind_ = line_kind_of(line);
    if (kind_ == LineKind::kGlobal) {
      fields_.assign(1, line);
      return true;
    }
    split_fields(line);
    if (columns_.empty()) {
      begin_spines();
    } else if (fields_.size() != columns_.size()) {
      refuse(line_, "expected " + std::to_string(columns_.size()) +
                        " fields, one for each spine, found " + std::to_string(fields_.size()));
    }
    if (kind_ == LineKind::kInterpretation) move_spines();
    return true;
  }
  return false;
}

void Spines::split_fields(std::string_view line) {
  const auto tabs = static_cast<size_t>(std::ranges::count(line, '\t'));
  if (tabs >= kMostSpines) {
    refuse(line_, "expected at most " + std::to_string(kMostSpines) + " spines, found " +
                      std::to_string(tabs + 1));
  }
  fields_.clear();
  while (true) {
    const size_t end = std::min(line.find('\t'), line.size());
    fields_.push_back(line.substr(0, end));
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
  }
}

void Spines::begin_spines() {
  if (has_begun_)
    refuse(line_, "expected nothing after the end of all spines, found " + excerpt(fields_[0]));
  has_begun_ = true;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!fields_[i].starts_with("**")) {
      refuse(line_, "field " + std::to_string(i + 1) +
                        ": expected the kind of a spine such as **kern, found " +
                        excerpt(fields_[i]));
    }
    tracks_.push_back({std::string(fields_[i]), line_});
    columns_.push_back({i, 0});
  }
}

void Spines::move_spines() {
  for (size_t i = 0; i < fields_.size(); ++i) {
    const auto added = std::ranges::find(added_, columns_[i].track);
    if (added == added_.end()) continue;
    if (!fields_[i].starts_with("**")) {
      refuse(line_, "field " + std::to_string(i + 1) +
                        ": expected the kind of the added spine, found " + excerpt(fields_[i]));
    }
    tracks_[*added] = {std::string(fields_[i]), line_};
    added_.erase(added);
  }
  moves_ = std::ranges::any_of(fields_, moves_spines);
  if (!moves_) return;
  origins_.clear();
  next_columns_.clear();
  for (size_t i = 0; i < fields_.size();) i = move_group(i);
  const size_t most = std::max(next_columns_.size(), tracks_.size());
  if (most > kMostSpines) {
    refuse(line_, "expected at most " + std::to_string(kMostSpines) + " spines, found " +
                      std::to_string(most));
  }
  renumber();
}

/// Moves the column i and those that go with it; returns the first that is left.
size_t Spines::move_group(size_t i) {
  const auto keep = [&](size_t from) {
    next_columns_.push_back(columns_[from]);
    origins_.push_back({from});
  };
  const std::string_view field = fields_[i];
  if (field == "*-") return i + 1;
  keep(i);
  if (field == "*^") {
    keep(i);
  } else if (field == "*+") {
    added_.push_back(tracks_.size());
    next_columns_.push_back({tracks_.size(), 0});
    origins_.emplace_back();
    tracks_.push_back({"**", line_});
  } else if (field == "*x" && i + 1 < fields_.size() && fields_[i + 1] == "*x") {
    keep(i + 1);
    std::swap(next_columns_[next_columns_.size() - 2], next_columns_.back());
    std::swap(origins_[origins_.size() - 2], origins_.back());
    return i + 2;
  } else if (field == "*v") {
    size_t end = i + 1;
    while (end < fields_.size() && fields_[end] == "*v" &&
           columns_[end].track == columns_[i].track) {
      origins_.back().push_back(end++);
    }
    if (end == i + 1) lonely_lines_.push_back(line_);
    return end;
  } else if (field == "*x") {
    lonely_lines_.push_back(line_);
  }
  return i + 1;
}

void Spines::renumber() {
  std::vector<size_t> count(tracks_.size());
  for (Column& column : next_columns_) column.place = count[column.track]++;
}

}  // namespace motet::kern
