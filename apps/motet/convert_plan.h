// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "motet/score/formats.h"

namespace motet::program {

/// One file to convert.
struct Errand {
  std::filesystem::path input;
  std::filesystem::path output;
};

/// A path by its one name, whatever links lead to it; as it stands where it has none, as a pipe.
std::filesystem::path one_name(const std::filesystem::path& path);

struct Plan {
  Format target = Format::kMidi;
  std::vector<Errand> errands;              ///< in the order of their inputs
  std::set<std::filesystem::path> inputs;   ///< by one_name: never to be written
  std::set<std::filesystem::path> outputs;  ///< every output of an errand
};

/// Says what becomes of what: a file into a file or folder; files, folders (with all that is in
/// them) and patterns (*, ?, ** for any folders) into a folder, which keeps the tree of a folder.
///
/// to      "mid", "abc", ...; may be empty where `output` is a file whose name tells
/// throws  Error(kNotFound) for an input that is not there, Error(kInvalidArgument) for an unknown
///         format
Plan plan_conversion(const std::vector<std::string>& inputs, const std::filesystem::path& output,
                     const std::string& to);

/// Whether a path such as "a/b.mid" fits a pattern such as "**/*.mid".
bool fits(std::string_view path, std::string_view pattern);

}  // namespace motet::program
