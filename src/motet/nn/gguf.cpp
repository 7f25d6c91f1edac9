// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/gguf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "motet/base/error.h"
#include "motet/nn/shown.h"

namespace motet::nn {
namespace {

constexpr uint32_t kBool = 7;  // types of metadata, as the format numbers them
constexpr uint32_t kText = 8;
constexpr uint32_t kList = 9;
constexpr uint32_t kTypes = 13;
/// Bytes of a value of each type; of a text and a list, those of an empty one.
constexpr std::array<uint64_t, kTypes> kLeastBytes{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

constexpr int kDeepest = 4;             // lists within lists
constexpr uint64_t kMostNames = 65536;  // keys, and tensors; the largest models have a tenth
constexpr uint64_t kLongestName = 256;  // of a tensor; ggml's own have at most 63 bytes
constexpr uint64_t kLongestKey = 65535;
constexpr uint32_t kMostDimensions = 4;
constexpr uint64_t kUsualAlignment = 32;

uint64_t padded(uint64_t size, uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

/// Reads from the front, never past the end.
class GgufFile::Reader {
 public:
  Reader(GgufFile& file, ByteView bytes) : file_(file), all_(bytes), left_(bytes) {}

  void read() {
    read_version();
    const auto tensors = count("tensors", kMostNames);
    const auto keys = count("metadata keys", kMostNames);
    for (uint64_t i = 0; i < keys; ++i) read_key(i);
    refuse_parts();
    const uint64_t alignment = read_alignment();
    for (uint64_t i = 0; i < tensors; ++i) read_tensor(i);
    const uint64_t begin = padded(all_.size() - left_.size(), alignment);
    file_.require_tiling(all_.subspan(std::min<size_t>(begin, all_.size())), alignment);
  }

 private:
  [[noreturn]] void fail(const std::string& sentence) const {
    throw Error(ErrorCode::kInvalidFile, file_.place_ + ": " + sentence);
  }

  ByteView take(uint64_t size, const std::string& what) {
    if (size > left_.size()) {
      fail(what + ": expected " + std::to_string(size) + " bytes, but " +
           std::to_string(left_.size()) + " are left of the file");
    }
    const ByteView taken = left_.first(static_cast<size_t>(size));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  template <typename Number>
  Number number(const std::string& what) {
    Number value;
    std::memcpy(&value, take(sizeof(Number), what).data(), sizeof(Number));
    return value;
  }

  std::string_view text(const std::string& what, uint64_t longest) {
    const auto length = number<uint64_t>(what);
    if (length > longest) {
      fail(what + ": a text of " + std::to_string(length) + " bytes; the most allowed is " +
           std::to_string(longest));
    }
    const ByteView bytes = take(length, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  void read_version() {
    const ByteView magic = take(4, "the magic \"GGUF\"");
    if (std::memcmp(magic.data(), "GGUF", 4) != 0) fail("expected the magic \"GGUF\" at byte 0");
    const auto version = number<uint32_t>("the version");
    if (version > 0xFFFF) fail("this GGUF is big-endian; Motet reads little-endian ones");
    if (version != 2 && version != 3) {
      fail("expected GGUF version 2 or 3, found " + std::to_string(version));
    }
  }

  uint64_t count(const std::string& what, uint64_t most) {
    const auto found = number<uint64_t>("the number of " + what);
    if (found > most) {
      fail("claims " + std::to_string(found) + " " + what + "; the most allowed is " +
           std::to_string(most));
    }
    return found;
  }

  void read_key(uint64_t i) {
    const std::string_view key = text("metadata key " + std::to_string(i), kLongestKey);
    const std::string what = "metadata " + shown(key);
    const auto type = number<uint32_t>(what);
    if (!file_.metadata_.emplace(key, value(type, what)).second) fail(what + " comes twice");
  }

  GgufValue value(uint32_t type, const std::string& what) {
    switch (type) {
      case 0:
        return int64_t{number<uint8_t>(what)};
      case 1:
        return int64_t{number<int8_t>(what)};
      case 2:
        return int64_t{number<uint16_t>(what)};
      case 3:
        return int64_t{number<int16_t>(what)};
      case 4:
        return int64_t{number<uint32_t>(what)};
      case 5:
        return int64_t{number<int32_t>(what)};
      case 6:
        return double{number<float>(what)};
      case kBool:
        return truth(what);
      case kText:
        return text(what, std::numeric_limits<uint64_t>::max());
      case kList:
        return list(what);
      case 10:
        return whole(number<uint64_t>(what));
      case 11:
        return number<int64_t>(what);
      case 12:
        return number<double>(what);
      default:
        refuse_type(type, what);
    }
  }

  [[noreturn]] void refuse_type(uint32_t type, const std::string& what) const {
    fail(what + ": type " + std::to_string(type) + " is none of GGUF's, which are 0..12");
  }

  static GgufValue whole(uint64_t number) {
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return number;
    return static_cast<int64_t>(number);
  }

  bool truth(const std::string& what) {
    const auto byte = number<uint8_t>(what);
    if (byte > 1) fail(what + ": expected 0 or 1, found " + std::to_string(byte));
    return byte == 1;
  }

  GgufArray list(const std::string& what) {
    const auto type = number<uint32_t>(what);
    const auto count = number<uint64_t>(what);
    const ByteView before = left_;
    pass_elements(type, count, what, 1);
    return {
        .element_type = type, .count = count, .bytes = before.first(before.size() - left_.size())};
  }

  /// Passes over the elements of a list and finds where it ends.
  void pass_elements(uint32_t type, uint64_t count, const std::string& what, int depth) {
    if (type >= kTypes) refuse_type(type, what);
    const uint64_t each = kLeastBytes[type];
    if (count > left_.size() / each) {
      fail(what + ": a list claims " + std::to_string(count) + " elements, but " +
           std::to_string(left_.size()) + " bytes are left of the file");
    }
    if (type == kText) {
      for (uint64_t i = 0; i < count; ++i) text(what, std::numeric_limits<uint64_t>::max());
    } else if (type == kList) {
      if (depth == kDeepest) {
        fail(what + ": expected lists at most " + std::to_string(kDeepest) + " deep, found more");
      }
      for (uint64_t i = 0; i < count; ++i) {
        const auto inner = number<uint32_t>(what);
        const auto inner_count = number<uint64_t>(what);
        pass_elements(inner, inner_count, what, depth + 1);
      }
    } else {
      take(count * each, what);
    }
  }

  int64_t whole_of(std::string_view key, int64_t otherwise) const {
    const GgufValue* found = file_.find(key);
    if (found == nullptr) return otherwise;
    const auto* number = std::get_if<int64_t>(found);
    if (number == nullptr) fail("metadata " + std::string(key) + ": expected a whole number");
    return *number;
  }

  void refuse_parts() const {
    if (whole_of("split.count", 1) > 1) {
      fail(
          "metadata split.count: this is one part of several; join them first with ggml's "
          "gguf-split --merge");
    }
  }

  uint64_t read_alignment() const {
    constexpr int64_t kMost = 65536;
    const int64_t found = whole_of("general.alignment", kUsualAlignment);
    if (found < 1 || found > kMost || (found & (found - 1)) != 0) {
      fail("metadata general.alignment: expected a power of two up to 65536, found " +
           std::to_string(found));
    }
    return static_cast<uint64_t>(found);
  }

  void read_tensor(uint64_t i) {
    const std::string_view name = text("the name of tensor " + std::to_string(i), kLongestName);
    const std::string what = "tensor " + shown(name);
    Entry entry;
    const uint64_t elements = read_shape(entry, what);
    entry.type = static_cast<GgmlType>(number<uint32_t>(what));
    const auto layout = layout_of(entry.type);
    if (!layout) {
      fail(what + ": type " + std::to_string(static_cast<uint32_t>(entry.type)) +
           " is none of ggml's");
    }
    if (entry.shape.back() % layout->elements != 0) {
      fail(what + ": rows of " + std::to_string(entry.shape.back()) +
           " elements are no whole number of blocks of " + std::string(layout->name) + ", " +
           std::to_string(layout->elements));
    }
    const uint64_t bytes = elements / layout->elements * layout->bytes;
    entry.begin = number<uint64_t>(what);
    // Only the size is known yet; require_tiling lays it on the data.
    if (bytes > all_.size() || entry.begin > all_.size() - bytes) {
      fail(what + ": offset " + std::to_string(entry.begin) + " and " + std::to_string(bytes) +
           " bytes of data, but the file has " + std::to_string(all_.size()));
    }
    entry.bytes = all_.first(static_cast<size_t>(bytes));
    if (!file_.tensors_.emplace(name, entry).second) fail(what + " comes twice");
    file_.order_.push_back(name);
  }

  /// Returns the number of elements.
  uint64_t read_shape(Entry& entry, const std::string& what) {
    constexpr uint64_t kMost = uint64_t{1} << 48;  // so that bytes stay inside 64 bits
    const auto dimensions = number<uint32_t>(what);
    if (dimensions < 1 || dimensions > kMostDimensions) {
      fail(what + ": expected 1 to 4 dimensions, found " + std::to_string(dimensions));
    }
    uint64_t elements = 1;
    std::array<int64_t, kMostDimensions> sizes{};
    for (uint32_t d = 0; d < dimensions; ++d) {
      const auto size = number<uint64_t>(what);
      if (size < 1 || size > kMost || __builtin_mul_overflow(elements, size, &elements) ||
          elements > kMost) {
        fail(what + ": dimension " + std::to_string(d) + " is " + std::to_string(size) +
             "; expected from 1 up, and at most 2^48 elements in all");
      }
      sizes[d] = static_cast<int64_t>(size);
    }
    for (uint32_t d = dimensions; d > 0; --d) entry.shape.push_back(sizes[d - 1]);
    return elements;
  }

  GgufFile& file_;
  ByteView all_;
  ByteView left_;
};

GgufFile::GgufFile(const std::filesystem::path& path) : place_(path.string()), file_(path) {
  Reader(*this, file_.bytes()).read();
}

/// Each tensor begins where the one before it ends, padded: no byte is shared, and none hides.
void GgufFile::require_tiling(ByteView data, uint64_t alignment) {
  const auto fail = [&](std::string_view name, const std::string& sentence) {
    throw Error(ErrorCode::kInvalidFile, place_ + ": tensor " + shown(name) + ": " + sentence);
  };
  std::vector<std::pair<std::string_view, Entry*>> entries;
  for (auto& [name, entry] : tensors_) entries.emplace_back(name, &entry);
  std::ranges::sort(entries,
                    [](const auto& a, const auto& b) { return a.second->begin < b.second->begin; });
  uint64_t at = 0;
  for (const auto& [name, entry] : entries) {
    const uint64_t begin = entry->begin;
    if (begin % alignment != 0) {
      fail(name, "offset " + std::to_string(begin) + " is no multiple of the alignment, " +
                     std::to_string(alignment));
    }
    if (begin < at) fail(name, "overlaps the tensor before it");
    if (begin > padded(at, alignment)) {
      fail(name, "a gap of " + std::to_string(begin - at) + " bytes before it");
    }
    if (entry->bytes.size() > data.size() || begin > data.size() - entry->bytes.size()) {
      fail(name, "data end at " + std::to_string(begin + entry->bytes.size()) +
                     ", but the file holds " + std::to_string(data.size()) + " bytes of data");
    }
    entry->bytes = data.subspan(static_cast<size_t>(begin), entry->bytes.size());
    at = begin + entry->bytes.size();
  }
  if (data.size() > padded(at, alignment)) {
    throw Error(ErrorCode::kInvalidFile, place_ + ": " + std::to_string(data.size() - at) +
                                             " bytes after the last tensor belong to nothing");
  }
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

std::vector<std::string> GgufFile::names() const { return {order_.begin(), order_.end()}; }

const GgufFile::Entry& GgufFile::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw Error(ErrorCode::kInvalidFile, place_ + ": tensor " + name + " is missing");
  }
  return found->second;
}

LoadedTensor GgufFile::load(const std::string& name) const {
  const Entry& entry = at(name);
  LoadedTensor tensor{.floats = {},
                      .view = {.type = DType::kF32, .shape = entry.shape, .bytes = {}}};
  const GgmlLayout layout = *layout_of(entry.type);
  if (!layout.is_read) {
    throw Error(ErrorCode::kInvalidFile,
                place_ + ": tensor " + shown(name) + ": Motet does not read " +
                    std::string(layout.name) +
                    "; it reads F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and Q6_K");
  }
  if (layout.elements == 1) {
    tensor.view.bytes = entry.bytes;
    if (entry.type == GgmlType::kF16) tensor.view.type = DType::kF16;
    if (entry.type == GgmlType::kBF16) tensor.view.type = DType::kBF16;
    return tensor;
  }
  if (entry.type == GgmlType::kQ8_0 && entry.shape.size() == 2) {
    tensor.view.type = DType::kI8Block;
    tensor.view.bytes = entry.bytes;
    return tensor;
  }
  tensor.floats = dequantize(entry.type, entry.bytes);
  const auto* bytes = reinterpret_cast<const uint8_t*>(tensor.floats.data());
  tensor.view.bytes = {bytes, tensor.floats.size() * sizeof(float)};
  return tensor;
}

}  // namespace motet::nn
