// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "motet/base/error.h"
#include "motet/base/hex.h"
#include "motet/nn/safetensors.h"

namespace motet::nn {
namespace {

void require(bool holds, const std::string& name, const std::string& sentence) {
  if (!holds) {
    throw Error(ErrorCode::kInvalidArgument, "write_safetensors: \"" + name + "\": " + sentence);
  }
}

bool is_plain(const std::string& text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

/// A JSON string. Bytes above 127 pass through: the caller's text is UTF-8.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00" + to_hex({&byte, 1});
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string metadata_entry(const std::map<std::string, std::string>& metadata) {
  std::string out = "\"__metadata__\":{";
  bool first = true;
  for (const auto& [key, value] : metadata) {
    if (!first) out += ",";
    first = false;
    out += quoted(key) + ":" + quoted(value);
  }
  return out + "}";
}

std::string tensor_entry(const NamedTensor& named, size_t begin) {
  std::string shape = to_string(named.tensor.shape);
  std::erase(shape, ' ');
  return quoted(named.name) + ":{\"dtype\":\"" + name_of(named.tensor.type) +
         "\",\"shape\":" + shape + ",\"data_offsets\":[" + std::to_string(begin) + "," +
         std::to_string(begin + named.tensor.bytes.size()) + "]}";
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string header = "{";
  if (!metadata.empty()) header += metadata_entry(metadata);
  std::set<std::string> seen;
  size_t offset = 0;
  for (const NamedTensor& named : tensors) {
    const HostTensor& tensor = named.tensor;
    require(is_plain(named.name) && named.name != "__metadata__", named.name,
            "a name is printable ASCII without quotes or backslashes");
    require(seen.insert(named.name).second, named.name, "the name is given twice");
    require(
        static_cast<size_t>(count_of(tensor.shape)) * size_of(tensor.type) == tensor.bytes.size(),
        named.name,
        "shape " + to_string(tensor.shape) + " and " + std::to_string(tensor.bytes.size()) +
            " bytes contradict each other");
    if (header.size() > 1) header += ",";
    header += tensor_entry(named, offset);
    offset += tensor.bytes.size();
  }
  header += "}";
  while (header.size() % 8 != 0) header += ' ';

  Bytes bytes;
  bytes.reserve(8 + header.size() + offset);
  for (size_t i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(header.size() >> (8 * i)));
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const NamedTensor& named : tensors) {
    bytes.insert(bytes.end(), named.tensor.bytes.begin(), named.tensor.bytes.end());
  }
  write_file(path, ByteView(bytes));
}

}  // namespace motet::nn
