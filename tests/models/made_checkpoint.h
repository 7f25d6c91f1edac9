// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "motet/nn/safetensors.h"
#include "motet/nn/tensor.h"

namespace motet::test {

/// A tensor of a case of tools/make_checkpoints.py, made again from its name.
struct MadeTensor {
  std::string name;
  nn::Shape shape;
  std::vector<float> floats;

  nn::NamedTensor named() const {
    const auto* bytes = reinterpret_cast<const uint8_t*>(floats.data());
    return {name, {.type = nn::DType::kF32, .shape = shape, .bytes = {bytes, floats.size() * 4}}};
  }
};

/// offset + scale * u, u in [-1, 1) from splitmix64(FNV-1a(name) + place), as the script says.
inline std::vector<float> made_values(const std::string& name, size_t count, double offset,
                                      double scale) {
  uint64_t seed = 0xCBF29CE484222325U;
  for (const char c : name) seed = (seed ^ static_cast<uint8_t>(c)) * 0x100000001B3U;
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    z ^= z >> 31;
    const double u = static_cast<double>(z >> 40) / 0x1p23 - 1.0;
    values[i] = static_cast<float>(offset + scale * u);
  }
  return values;
}

/// The tensors of tests/golden/checkpoints/<name>/tensors.tsv.
inline std::vector<MadeTensor> made_tensors(const std::filesystem::path& golden) {
  std::ifstream file(golden / "tensors.tsv");
  std::vector<MadeTensor> tensors;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    MadeTensor tensor;
    std::string shape;
    double offset = 0.0;
    double scale = 0.0;
    fields >> tensor.name >> shape >> offset >> scale;
    std::istringstream numbers(shape);
    for (std::string number; std::getline(numbers, number, ',');) {
      tensor.shape.push_back(std::stoll(number));
    }
    tensor.floats =
        made_values(tensor.name, static_cast<size_t>(nn::count_of(tensor.shape)), offset, scale);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// Writes the case as a folder that could have been downloaded.
inline void write_made(const std::filesystem::path& golden, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  if (std::filesystem::exists(golden / "config.json")) {
    std::filesystem::copy_file(golden / "config.json", folder / "config.json",
                               std::filesystem::copy_options::overwrite_existing);
  }
  const std::vector<MadeTensor> tensors = made_tensors(golden);
  std::vector<nn::NamedTensor> named;
  for (const MadeTensor& tensor : tensors) named.push_back(tensor.named());
  nn::write_safetensors(folder / "model.safetensors", named, {{"format", "pt"}});
}

}  // namespace motet::test
