// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/tensor_source.h"

#include <map>
#include <set>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/nn/safetensors.h"
#include "motet/nn/shown.h"

namespace motet::nn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhole = "model.safetensors";
constexpr const char* kPickle = "pytorch_model.bin";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr uintmax_t kLongestIndex = 32'000'000;  // a hundred times that of the largest models

[[noreturn]] void refuse(const std::string& place, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, place + ": " + sentence);
}

class SafetensorsFolder final : public TensorSource {
 public:
  explicit SafetensorsFolder(const fs::path& folder) : place_(folder.string()) {
    const bool is_whole = fs::exists(folder / kWhole);
    if (!is_whole && fs::exists(folder / kIndex)) {
      open_shards(folder);
    } else {
      const char* name = !is_whole && fs::exists(folder / kPickle) ? kPickle : kWhole;
      add_file(folder / name);
      place_ = (folder / name).string();
    }
  }

  const std::string& place() const noexcept override { return place_; }
  std::vector<std::string> names() const override { return names_; }
  bool contains(const std::string& name) const override { return files_.contains(name); }
  Shape shape_of(const std::string& name) const override { return file_of(name).at(name).shape; }
  LoadedTensor load(const std::string& name) const override {
    return {.floats = {}, .view = file_of(name).at(name)};
  }
  void let_go(const std::string& name) const override {
    const SafetensorsFile& file = file_of(name);
    file.let_go(file.at(name));
  }

 private:
  const SafetensorsFile& file_of(const std::string& name) const {
    const auto found = files_.find(name);
    if (found == files_.end()) refuse(place_, "tensor " + name + " is missing");
    return *found->second;
  }

  void add_file(const fs::path& path) {
    const auto file = std::make_shared<const SafetensorsFile>(path);
    for (const std::string& name : file->names()) {
      if (!files_.emplace(name, file).second) {
        refuse(path.string(), "tensor " + name + " is in another shard, too");
      }
      names_.push_back(name);
    }
  }

  void open_shards(const fs::path& folder) {
    const std::string index = (folder / kIndex).string();
    if (fs::file_size(folder / kIndex) > kLongestIndex) {
      refuse(index, "expected at most " + std::to_string(kLongestIndex) + " bytes, found " +
                        std::to_string(fs::file_size(folder / kIndex)));
    }
    const Json json = parse_json(read_text(folder / kIndex), index);
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
      refuse(index, "expected an object with \"weight_map\"");
    }
    std::set<std::string> shards;
    for (const auto& [name, file] : json["weight_map"].items()) {
      const std::string shard = file.is_string() ? file.get<std::string>() : "";
      if (shard.empty() || shard == ".." || shard.find_first_of("/\\") != std::string::npos) {
        refuse(index, "tensor " + shown(name) + ": expected the name of a file beside it, found " +
                          shown(file.dump()));
      }
      shards.insert(shard);
    }
    for (const std::string& shard : shards) add_file(folder / shard);
    for (const auto& [name, file] : json["weight_map"].items()) {
      const auto found = files_.find(name);
      const auto shard = file.get<std::string>();
      if (found == files_.end() || found->second->path() != folder / shard) {
        refuse(index, "tensor " + shown(name) + " is not in " + shard);
      }
    }
  }

  std::string place_;
  std::vector<std::string> names_;
  std::map<std::string, std::shared_ptr<const SafetensorsFile>> files_;
};

}  // namespace

LoadedTensor load_checked(const TensorSource& source, const std::string& name,
                          const Shape& expected) {
  const Shape found = source.shape_of(name);
  if (found != expected) {
    refuse(source.place(), "tensor " + name + ": expected shape " + to_string(expected) +
                               ", found " + to_string(found));
  }
  LoadedTensor tensor = source.load(name);
  const std::string bad = what_is_not_finite(tensor.view);
  if (!bad.empty()) refuse(source.place(), "tensor " + name + ": " + bad);
  return tensor;
}

std::unique_ptr<TensorSource> open_safetensors(const fs::path& folder) {
  return std::make_unique<SafetensorsFolder>(folder);
}

}  // namespace motet::nn
