// SPDX-License-Identifier: Apache-2.0
#include "motet/data/opt_outs.h"

#include <algorithm>
#include <sstream>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/hex.h"
#include "motet/data/reading.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

constexpr std::string_view kHash = "sha256:";
constexpr std::string_view kFingerprint = "fingerprint:";
constexpr size_t kHashDigits = 64;

std::string trimmed(const std::string& line) {
  constexpr const char* kBlank = " \t\r";
  const size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string::npos || line[begin] == '#') return "";
  return line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
}

std::string lower_hash(const std::string& text, const std::string& where) {
  std::string hash = text.substr(kHash.size());
  for (char& c : hash) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  if (hash.size() != kHashDigits || hash.find_first_not_of(kHexDigits) != std::string::npos) {
    throw Error(ErrorCode::kInvalidFile,
                where + ": expected sha256: and 64 hexadecimal digits, found \"" + text + "\"");
  }
  return hash;
}

}  // namespace

OptOuts::OptOuts(const std::filesystem::path& path) : path_(path) {
  std::istringstream in(read_text(path));
  std::string raw;
  for (size_t number = 1; std::getline(in, raw); ++number) {
    const std::string line = trimmed(raw);
    const std::string where = path.string() + ": line " + std::to_string(number);
    if (line.empty()) continue;
    if (line.starts_with(kHash)) {
      hashes_.emplace(lower_hash(line, where), number);
    } else if (line.starts_with(kFingerprint)) {
      const auto parsed = parse_fingerprint(std::string_view(line).substr(kFingerprint.size()));
      if (!parsed || parsed->hashes.empty()) {
        throw Error(ErrorCode::kInvalidFile,
                    where + ": expected a fingerprint as `motet data fingerprint` prints it");
      }
      fingerprints_.push_back({*parsed, number});
    } else {
      const std::filesystem::path file = path.parent_path() / line;
      if (!std::filesystem::exists(file)) {
        throw Error(ErrorCode::kInvalidFile,
                    where + ": expected sha256:..., fingerprint:... or a score, found \"" + line +
                        "\", which is no file");
      }
      const Bytes bytes = read_file(file);
      hashes_.emplace(trust::sha256(bytes), number);
      Fingerprint taken = fingerprint_of(tune_of(read_music(bytes, file)));
      if (!taken.hashes.empty()) fingerprints_.push_back({std::move(taken), number});
    }
  }
}

std::string OptOuts::reason(std::string_view sha256, const Fingerprint& fingerprint) const {
  const auto at = [&](size_t line) {
    return " (" + path_.string() + ": line " + std::to_string(line) + ")";
  };
  if (const auto found = hashes_.find(std::string(sha256)); found != hashes_.end()) {
    return "it is opted out by its SHA-256" + at(found->second);
  }
  const auto found = std::ranges::find_if(fingerprints_, [&](const Known& known) {
    return is_same_music(known.fingerprint, fingerprint);
  });
  if (found == fingerprints_.end()) return "";
  return "it is opted out by its fingerprint" + at(found->line);
}

}  // namespace motet::data
