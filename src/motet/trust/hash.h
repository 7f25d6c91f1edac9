// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "motet/base/file.h"

namespace motet::trust {

/// SHA-256 as 64 lower-case hexadecimal digits. Source: FIPS 180-4, computed by OpenSSL.
std::string sha256(ByteView bytes);
std::string sha256(std::string_view text);

/// The same, of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(ByteView bytes);
  /// The hash of all that was added; nothing may be added after it.
  std::string hex();

 private:
  void* state_;  ///< EVP_MD_CTX
};

/// The hash of a file's content; the file is mapped, not read into memory. Throws as read_file.
std::string sha256_of_file(const std::filesystem::path& path);

/// What git calls a file: SHA-1 of "blob <size>", a zero byte and the content. It tells a damaged
/// file from a whole one; against a forger use SHA-256. Throws as read_file.
std::string git_blob_of_file(const std::filesystem::path& path);

/// What a bundle is, in one hash: that of the lines "<hash>  <name>\n" (as sha256sum prints them)
/// of config.json, model.safetensors and tokenizer.json, in this order. Its card and its folder's
/// name may change without changing it. Throws Error(kNotFound) with the file that is missing.
std::string bundle_hash(const std::filesystem::path& folder);

/// The same of any model: the lines of those files among config.json, tokenizer.json, *.safetensors
/// and their index that the folder has, by name; of a lone file its own line. For a bundle of Motet
/// it is bundle_hash. Throws Error(kNotFound) when there is none of them.
std::string model_hash(const std::filesystem::path& path);

}  // namespace motet::trust
