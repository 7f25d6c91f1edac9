// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "motet/data/fingerprint.h"

namespace motet::data {

/// The pieces whose owners do not want them in training data.
///
/// A list is a text file with a line each; empty lines and lines that begin with # are passed over:
///
///     sha256:<64 hexadecimal digits>     this very file
///     fingerprint:<text of to_text>      this music, in any key, tempo or instrumentation
///     songs/mine.mid                     both, of a file; relative to the list's folder
class OptOuts {
 public:
  OptOuts() = default;
  /// Throws Error(kInvalidFile) with the line that is none of the three, and as the readers do for
  /// a file that a line names.
  explicit OptOuts(const std::filesystem::path& path);

  bool empty() const noexcept { return hashes_.empty() && fingerprints_.empty(); }
  bool has_fingerprints() const noexcept { return !fingerprints_.empty(); }

  /// Why a piece must be left out, as a sentence that names the line; empty where it need not.
  std::string reason(std::string_view sha256, const Fingerprint& fingerprint) const;

 private:
  struct Known {
    Fingerprint fingerprint;
    size_t line;
  };
  std::filesystem::path path_;
  std::unordered_map<std::string, size_t> hashes_;  // to the line
  std::vector<Known> fingerprints_;
};

}  // namespace motet::data
