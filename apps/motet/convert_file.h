// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "motet/base/json.h"
#include "motet/convert_plan.h"

namespace motet::program {

/// What became of one file.
struct Outcome {
  std::string format;                ///< as read; empty when it could not be
  std::vector<std::string> outputs;  ///< files that were written
  size_t notes = 0;
  std::vector<std::string> mended;
  std::vector<std::string> unkept;   ///< what a score has no place for
  std::vector<Loss> lost;            ///< what the target has no place for
  std::vector<std::string> refused;  ///< why the file, or tunes of it, could not be converted
};

/// Reads, plays repeats out where that is wished or needed, writes. Never writes over an input.
/// Several tunes become several files, or one where the target is ABC. Everything that goes wrong
/// is in the outcome.
Outcome convert_file(const Errand& errand, const Plan& plan, Repeats repeats);

/// Copies a file into a folder, beside it NAME.reason.txt. Throws Error when it cannot.
void quarantine(const std::filesystem::path& file, const std::filesystem::path& folder,
                const std::vector<std::string>& reasons);

/// One line of the report.
Json to_json(const Errand& errand, const Outcome& outcome);

}  // namespace motet::program
