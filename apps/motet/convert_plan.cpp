// SPDX-License-Identifier: Apache-2.0
#include "motet/convert_plan.h"

#include <algorithm>

#include "motet/base/error.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;

/// A file that was found, and where it lies within what was named.
struct Found {
  fs::path path;
  fs::path below;
};

bool is_pattern(const std::string& text) { return text.find_first_of("*?") != std::string::npos; }

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(folder, options)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void find_in_folder(const fs::path& folder, std::vector<Found>& found) {
  for (const fs::path& file : files_below(folder)) {
    if (format_of_extension(file.extension().string())) {
      found.push_back({file, file.lexically_relative(folder)});
    }
  }
}

void find_by_pattern(const std::string& pattern, std::vector<Found>& found) {
  fs::path base;
  fs::path rest;
  for (const fs::path& component : fs::path(pattern)) {
    const bool is_fixed = rest.empty() && !is_pattern(component.string());
    (is_fixed ? base : rest) /= component;
  }
  const fs::path folder = base.empty() ? fs::path(".") : base;
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::kNotFound, folder.string() + ": no such folder");
  }
  size_t count = 0;
  for (const fs::path& file : files_below(folder)) {
    const fs::path below = file.lexically_relative(folder);
    if (!fits(below.string(), rest.string())) continue;
    found.push_back({file, below});
    ++count;
  }
  if (count == 0) throw Error(ErrorCode::kNotFound, pattern + ": no file fits this pattern");
}

std::vector<Found> find_all(const std::vector<std::string>& inputs) {
  std::vector<Found> found;
  for (const std::string& input : inputs) {
    if (fs::is_directory(input)) {
      find_in_folder(input, found);
    } else if (fs::exists(input)) {
      found.push_back({input, fs::path(input).filename()});
    } else if (is_pattern(input)) {
      find_by_pattern(input, found);
    } else {
      throw Error(ErrorCode::kNotFound, input + ": no such file or folder");
    }
  }
  return found;
}

Format target_of(const fs::path& output, const std::string& to) {
  const std::string name = to.empty() ? output.extension().string() : to;
  const auto format = format_of_extension(name);
  if (!format) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a format, by --to or by the name of the output: mid, musicxml, mxl, abc "
                "or krn; found \"" +
                    name + "\"");
  }
  return *format;
}

/// A file must not be called what it is not.
void refuse_contradiction(const fs::path& output, Format target) {
  const auto named = format_of_extension(output.extension().string());
  if (!named || *named == target) return;
  throw Error(ErrorCode::kInvalidArgument,
              output.string() + " is named as " + std::string(name_of(*named)) +
                  ", but --to says " + std::string(name_of(target)) +
                  "; leave out --to, or name it *" + std::string(extension_of(target)));
}

/// The path with "-2", "-3" ... after its stem, where it is taken.
fs::path free_name(const fs::path& wanted, const std::set<fs::path>& taken) {
  fs::path name = wanted;
  for (int n = 2; taken.contains(name); ++n) {
    name = wanted;
    name.replace_filename(wanted.stem().string() + "-" + std::to_string(n) +
                          wanted.extension().string());
  }
  return name;
}

}  // namespace

fs::path one_name(const fs::path& path) {
  std::error_code none;
  fs::path name = fs::weakly_canonical(path, none);
  return none ? path : name;
}

bool fits(std::string_view path, std::string_view pattern) {
  if (pattern.empty()) return path.empty();
  if (pattern.starts_with("**")) {
    std::string_view rest = pattern.substr(2);
    if (rest.starts_with('/') && fits(path, rest.substr(1))) return true;
    for (size_t i = 0; i <= path.size(); ++i) {
      if (fits(path.substr(i), rest)) return true;
    }
    return false;
  }
  if (pattern[0] == '*') {
    for (size_t i = 0; i <= path.size(); ++i) {
      if (fits(path.substr(i), pattern.substr(1))) return true;
      if (i < path.size() && path[i] == '/') return false;
    }
    return false;
  }
  if (path.empty()) return false;
  const bool is_same = pattern[0] == path[0] || (pattern[0] == '?' && path[0] != '/');
  return is_same && fits(path.substr(1), pattern.substr(1));
}

Plan plan_conversion(const std::vector<std::string>& inputs, const fs::path& output,
                     const std::string& to) {
  if (output == "-" || std::ranges::find(inputs, "-") != inputs.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected files, found \"-\"; a pipe is called /dev/stdin or /dev/stdout");
  }
  const std::vector<Found> found = find_all(inputs);
  if (found.empty()) throw Error(ErrorCode::kNotFound, "found no file of notes to convert");
  const bool ends_with_slash = !output.has_filename();
  const bool is_one = inputs.size() == 1 && found.size() == 1 && !fs::is_directory(inputs[0]);
  const bool is_named = output.has_extension() && format_of_extension(output.extension().string());
  const bool is_there = fs::exists(output) && !fs::is_directory(output);  // /dev/stdout, too
  const bool is_folder = fs::is_directory(output) || ends_with_slash || !is_one ||
                         (!to.empty() && !is_named && !is_there);
  Plan plan;
  plan.target = target_of(is_folder ? fs::path() : output, to);
  refuse_contradiction(is_folder ? fs::path() : output, plan.target);
  for (const Found& file : found) {
    fs::path target = output;
    if (is_folder) {
      target = output / file.below;
      target.replace_extension(extension_of(plan.target));
      target = free_name(target.lexically_normal(), plan.outputs);
    }
    plan.errands.push_back({file.path, target});
    plan.outputs.insert(target);
    plan.inputs.insert(one_name(file.path));
  }
  return plan;
}

}  // namespace motet::program
