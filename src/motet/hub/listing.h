// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motet::hub {

/// A file of a repository, as the hub lists it.
struct ListedFile {
  std::string name;             ///< with "/" between folders
  std::optional<int64_t> size;  ///< bytes
  std::string sha256;           ///< of large files; else empty
  std::string blob;             ///< git's SHA-1 of the file as a blob; empty where it is not told
};

struct Listing {
  std::string commit;   ///< 40 hexadecimal digits
  std::string licence;  ///< as the card has it, "apache-2.0"; empty where it has none
  std::vector<ListedFile> files;
};

/// Reads the hub's answer about a repository: sha, siblings, cardData. `place` is for messages.
/// Throws Error(kInvalidFile) naming the field, and for a file whose name leads out of a folder.
Listing read_listing(std::string_view text, const std::string& place);

/// Throws Error(kInvalidFile) unless a name stays inside the folder that it is put into: no
/// absolute path, no "..", no empty part, nothing that is not printable, no backslash or colon.
void require_inside(const std::string& name, const std::string& place);

/// What a checkpoint needs: configs, tokenizers, cards and licences at the top, and safetensors, or
/// GGUF where there are none. Never pickles (.bin, .pth, .pt, .ckpt).
std::vector<ListedFile> needed_files(const std::vector<ListedFile>& files);

/// Whether the weights are pickles, and nothing else.
bool has_only_pickles(const std::vector<ListedFile>& files);

/// Percent-encoded for a path: everything but letters, digits and "-._~", and "/" where it is kept.
std::string escaped(std::string_view text, bool keep_slashes);

}  // namespace motet::hub
