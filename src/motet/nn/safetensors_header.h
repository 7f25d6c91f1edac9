// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// What the header of a safetensors file says about one tensor.
struct SafetensorsEntry {
  std::string name;
  std::optional<DType> type;  ///< none: `foreign` is its name
  std::string foreign;
  Shape shape;
  uint64_t begin = 0;  ///< within the data
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of the header value by value, so that one made to fill the memory cannot. Throws
/// Error(kInvalidFile) naming `file` and the tensor: no JSON, a field that is missing or of another
/// kind, a dtype that the format lacks, a size that the shape contradicts or that overflows, a
/// tensor that comes twice.
SafetensorsHeader read_safetensors_header(std::string_view text, const std::string& file);

}  // namespace motet::nn
