// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/safetensors.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "motet/base/error.h"
#include "motet/nn/safetensors_header.h"
#include "motet/nn/shown.h"

namespace motet::nn {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the reference implementation

[[noreturn]] void fail(const std::string& file, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, file + ": " + sentence);
}

[[noreturn]] void fail(const std::string& file, const std::string& tensor,
                       const std::string& sentence) {
  fail(file, "tensor " + shown(tensor) + ": " + sentence);
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

/// The entries must lie end to end and fill the data: no byte is shared, none is unaccounted for.
void require_tiling(const std::string& file, std::vector<SafetensorsEntry>& entries,
                    uint64_t data_bytes) {
  std::ranges::stable_sort(entries, [](const auto& a, const auto& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t at = 0;
  for (const SafetensorsEntry& entry : entries) {
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
  SafetensorsHeader header = read_safetensors_header(text, file);
  std::vector<SafetensorsEntry>& entries = header.entries;
  metadata_ = std::move(header.metadata);
  const ByteView data = bytes.subspan(kLengthBytes + text.size());
  require_tiling(file, entries, data.size());
  for (SafetensorsEntry& entry : entries) {
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
