// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/safetensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "motet/base/error.h"
#include "motet/base/json.h"

namespace motet::nn {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the reference implementation

struct Entry {
  std::string name;
  std::optional<DType> type;  // none: `foreign` is its name
  std::string foreign;
  Shape shape;
  uint64_t begin = 0;  // within the data
  uint64_t end = 0;
};

[[noreturn]] void fail(const std::string& file, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, file + ": " + sentence);
}

[[noreturn]] void fail(const std::string& file, const std::string& tensor,
                       const std::string& sentence) {
  fail(file, "tensor " + tensor + ": " + sentence);
}

/// Pickles run code when they are opened, so none is opened; the path when it is none.
const std::filesystem::path& refuse_pickle(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 5> kEndings{".bin", ".pt", ".pth", ".ckpt", ".pkl"};
  const std::string ending = path.extension().string();
  if (std::ranges::find(kEndings, ending) != kEndings.end()) {
    fail(path.string(),
         "a pickle can run any code, so Motet does not open it. Convert it once where PyTorch is "
         "installed: python3 -c \"import torch, safetensors.torch as s; "
         "s.save_file(torch.load('" +
             path.filename().string() + "', weights_only=True), 'model.safetensors')\"");
  }
  return path;
}

uint64_t read_length(ByteView bytes) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return length;
}

/// The header's text, once its length is believable.
std::string_view header_of(const std::string& file, ByteView bytes) {
  if (bytes.size() < kLengthBytes) {
    fail(file, "expected a safetensors header of at least 8 bytes, found " +
                   std::to_string(bytes.size()));
  }
  const uint64_t length = read_length(bytes);
  if (length > kLongestHeader || length > bytes.size() - kLengthBytes) {
    fail(file, "the safetensors header claims " + std::to_string(length) + " bytes; the file has " +
                   std::to_string(bytes.size() - kLengthBytes) +
                   " after the length, and the most allowed is " + std::to_string(kLongestHeader));
  }
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<size_t>(length)};
}

std::optional<DType> dtype_of(const std::string& name) {
  for (const DType type : {DType::kF32, DType::kBF16, DType::kF16, DType::kI8}) {
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

/// Bytes an element of the types that safetensors knows and Motet does not read: masks and counters
/// that PyTorch modules carry beside their weights.
std::optional<size_t> size_of_foreign(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, size_t>, 11> kSizes{{{"BOOL", 1},
                                                                        {"U8", 1},
                                                                        {"F8_E5M2", 1},
                                                                        {"F8_E4M3", 1},
                                                                        {"I16", 2},
                                                                        {"U16", 2},
                                                                        {"I32", 4},
                                                                        {"U32", 4},
                                                                        {"I64", 8},
                                                                        {"U64", 8},
                                                                        {"F64", 8}}};
  for (const auto& [known, size] : kSizes) {
    if (name == known) return size;
  }
  return std::nullopt;
}

const Json& field(const std::string& file, const std::string& tensor, const Json& object,
                  const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) fail(file, tensor, std::string("\"") + key + "\" is missing");
  return *found;
}

uint64_t natural(const std::string& file, const std::string& tensor, const Json& value) {
  constexpr uint64_t kMost = uint64_t{1} << 48;  // so that sums and shapes stay inside 64 bits
  if (!value.is_number_unsigned() || value.get<uint64_t>() > kMost) {
    fail(file, tensor, "expected sizes and offsets from 0 to 2^48");
  }
  return value.get<uint64_t>();
}

Entry read_entry(const std::string& file, const std::string& name, const Json& value) {
  if (!value.is_object()) fail(file, name, "expected an object");
  Entry entry;
  entry.name = name;
  const Json& dtype = field(file, name, value, "dtype");
  if (!dtype.is_string()) fail(file, name, "dtype is not a string");
  const std::string type = dtype.get<std::string>();
  entry.type = dtype_of(type);
  const std::optional<size_t> size = entry.type ? size_of(*entry.type) : size_of_foreign(type);
  if (!size) fail(file, name, "dtype " + type + " is none of the safetensors format");
  if (!entry.type) entry.foreign = type;

  const Json& shape = field(file, name, value, "shape");
  if (!shape.is_array()) fail(file, name, "shape is not a list");
  if (shape.size() > Shape::kMost) {
    fail(file, name, "expected at most 8 dimensions, found " + std::to_string(shape.size()));
  }
  uint64_t bytes = *size;
  for (const Json& dimension : shape) {
    const uint64_t n = natural(file, name, dimension);
    entry.shape.push_back(static_cast<int64_t>(n));
    if (__builtin_mul_overflow(bytes, n, &bytes)) fail(file, name, "the shape is too large");
  }

  const Json& offsets = field(file, name, value, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2) fail(file, name, "data_offsets is not a pair");
  entry.begin = natural(file, name, offsets[0]);
  entry.end = natural(file, name, offsets[1]);
  if (entry.end < entry.begin) fail(file, name, "data_offsets run backwards");
  if (entry.end - entry.begin != bytes) {
    fail(file, name,
         "shape " + to_string(entry.shape) + " of " + type + " needs " + std::to_string(bytes) +
             " bytes, data_offsets give " + std::to_string(entry.end - entry.begin));
  }
  return entry;
}

std::map<std::string, std::string> read_metadata(const std::string& file, const Json& value) {
  if (!value.is_object()) fail(file, "__metadata__ is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) fail(file, "__metadata__: \"" + key + "\" is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// The entries must lie end to end and fill the data: no byte is shared, none is unaccounted for.
void require_tiling(const std::string& file, std::vector<Entry>& entries, uint64_t data_bytes) {
  std::ranges::stable_sort(entries, [](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.end > data_bytes) {
      fail(file, entry.name,
           "data end at " + std::to_string(entry.end) + ", but the file holds " +
               std::to_string(data_bytes) + " bytes of data");
    }
    if (entry.begin < at) fail(file, entry.name, "overlaps the tensor before it");
    if (entry.begin > at) {
      fail(file, entry.name, "a gap of " + std::to_string(entry.begin - at) + " bytes before it");
    }
    at = entry.end;
  }
  if (at != data_bytes) {
    fail(file, std::to_string(data_bytes - at) + " bytes after the last tensor belong to nothing");
  }
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), file_(refuse_pickle(path)) {
  const std::string file = path.string();
  const ByteView bytes = file_.bytes();
  const std::string_view text = header_of(file, bytes);
  const Json header = parse_json(text, file);
  if (!header.is_object()) fail(file, "the safetensors header is not an object");

  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = read_metadata(file, value);
    } else {
      entries.push_back(read_entry(file, name, value));
    }
  }
  const ByteView data = bytes.subspan(kLengthBytes + text.size());
  require_tiling(file, entries, data.size());
  for (Entry& entry : entries) {
    if (!entry.type) {
      foreign_[entry.name] = entry.foreign;
      continue;
    }
    names_.push_back(entry.name);
    tensors_[entry.name] = {.type = *entry.type,
                            .shape = std::move(entry.shape),
                            .bytes = data.subspan(entry.begin, entry.end - entry.begin)};
  }
}

const HostTensor& SafetensorsFile::at(const std::string& name) const {
  if (const auto other = foreign_.find(name); other != foreign_.end()) {
    fail(path_.string(), name, "dtype " + other->second + " is not F32, BF16, F16 or I8");
  }
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(path_.string(), "tensor " + name + " is missing");
  return found->second;
}

const HostTensor& SafetensorsFile::at(const std::string& name, const Shape& expected) const {
  const HostTensor& tensor = at(name);
  if (tensor.shape != expected) {
    fail(path_.string(), name,
         "expected shape " + to_string(expected) + ", found " + to_string(tensor.shape));
  }
  return tensor;
}

}  // namespace motet::nn
