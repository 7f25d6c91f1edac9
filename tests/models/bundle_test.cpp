// SPDX-License-Identifier: Apache-2.0
#include "motet/models/bundle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <limits>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/quantize.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/safetensors.h"
#include "tests/models/random_decoder.h"

namespace motet::models {
namespace {

using test::awkward_config;

struct Host {
  std::string name;
  nn::Shape shape;
  std::vector<float> floats;
};

class Bundle : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("motet_bundle_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    config_ = Json{{"model_type", "llama"}, {"hidden_act", "silu"}, {"not_ours", {1, 2}}};
    make(awkward_config());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void make(const DecoderConfig& config) {
    each_field(config, [&](const char* name, auto& field, const char*) { config_[name] = field; });
    tensors_.clear();
    const Decoder model = test::random_decoder(backend_, config, 7);
    each_tensor(config, model.weights(),
                [&](const std::string& name, const nn::Tensor& tensor, const nn::Shape& shape) {
                  tensors_.push_back({name, shape, backend_.to_host(tensor)});
                });
  }

  void write() const {
    write_file(folder_ / "config.json", to_text(config_));
    std::vector<nn::NamedTensor> named;
    for (const Host& host : tensors_) {
      const ByteView bytes(reinterpret_cast<const uint8_t*>(host.floats.data()),
                           host.floats.size() * sizeof(float));
      named.push_back({host.name, {.type = nn::DType::kF32, .shape = host.shape, .bytes = bytes}});
    }
    nn::write_safetensors(folder_ / "model.safetensors", named, {});
  }

  Host& tensor(const std::string& name) {
    const auto found = std::ranges::find(tensors_, name, &Host::name);
    EXPECT_NE(found, tensors_.end());
    return *found;
  }

  void expect_refused(ErrorCode code, const std::vector<std::string>& parts) {
    write();
    expect_load_refused(code, parts);
  }
  void expect_load_refused(ErrorCode code, const std::vector<std::string>& parts) {
    try {
      load_decoder(folder_, backend_);
      FAIL() << "loaded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      for (const std::string& part : parts) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << error.what() << "\nlacks " << part;
      }
    }
  }

  std::filesystem::path folder_;
  Json config_;
  std::vector<Host> tensors_;
  ThreadPool pool_{1};
  nn::CpuBackend backend_{pool_};
};

TEST_F(Bundle, WhatWasSavedIsLoaded) {
  write();
  EXPECT_EQ(read_decoder_config(folder_), awkward_config());
  const auto loaded = load_decoder(folder_, backend_);
  const Decoder made = test::random_decoder(backend_, awkward_config(), 7);
  const std::vector<int32_t> ids{3, 1, 4, 1, 5};
  const auto logits = [&](const Decoder& model) {
    return backend_.to_host(model.forward(backend_, backend_.indices(ids, 1, 5), nullptr));
  };
  EXPECT_EQ(logits(*loaded), logits(made));
}

TEST_F(Bundle, AbsentFolderAndFilesAreNotFound) {
  std::filesystem::remove_all(folder_);
  expect_load_refused(ErrorCode::kNotFound, {folder_.string(), "bundle"});
  std::filesystem::create_directories(folder_);
  expect_load_refused(ErrorCode::kNotFound, {"config.json"});
  write();
  std::filesystem::remove(folder_ / "model.safetensors");
  expect_load_refused(ErrorCode::kNotFound, {"model.safetensors"});
}

TEST_F(Bundle, APickleInPlaceOfWeightsIsRefusedWithTheWayOut) {
  write();
  std::filesystem::rename(folder_ / "model.safetensors", folder_ / "pytorch_model.bin");
  expect_load_refused(ErrorCode::kInvalidFile, {"pytorch_model.bin", "save_file"});
}

TEST_F(Bundle, MissingTensorIsNamed) {
  std::erase_if(tensors_, [](const Host& host) { return host.name == "model.norm.weight"; });
  expect_refused(ErrorCode::kInvalidFile,
                 {"model.safetensors", "tensor model.norm.weight is missing"});
}

TEST_F(Bundle, MisshapenTensorIsNamedWithBothShapes) {
  tensor("model.layers.1.mlp.down_proj.weight").shape = {77, 60};
  expect_refused(ErrorCode::kInvalidFile,
                 {"model.layers.1.mlp.down_proj.weight", "[60, 77]", "[77, 60]"});
}

TEST_F(Bundle, WeightsThatAreNoNumbersAreNamed) {
  tensor("model.layers.0.self_attn.q_proj.weight").floats[17] =
      std::numeric_limits<float>::quiet_NaN();
  expect_refused(ErrorCode::kInvalidFile,
                 {"model.layers.0.self_attn.q_proj.weight", "element 17", "not a number"});
  tensor("model.layers.0.self_attn.q_proj.weight").floats[17] =
      -std::numeric_limits<float>::infinity();
  expect_refused(ErrorCode::kInvalidFile, {"element 17", "infinite"});
}

TEST_F(Bundle, MissingOrWrongFieldsAreNamed) {
  const Json whole = config_;
  config_.erase("rope_theta");
  expect_refused(ErrorCode::kInvalidFile, {"config.json", "\"rope_theta\"", "missing"});
  config_ = whole;
  config_["hidden_size"] = "wide";
  expect_refused(ErrorCode::kInvalidFile, {"config.json", "\"hidden_size\"", "whole number"});
  config_ = whole;
  config_["hidden_size"] = 60.5;
  expect_refused(ErrorCode::kInvalidFile, {"\"hidden_size\"", "whole number"});
  config_ = whole;
  config_["num_hidden_layers"] = 0;
  expect_refused(ErrorCode::kInvalidFile, {"config.json", "num_hidden_layers"});
  config_ = whole;
  config_["num_hidden_layers"] = uint64_t{1} << 63;
  expect_refused(ErrorCode::kInvalidFile, {"config.json", "num_hidden_layers"});
}

TEST_F(Bundle, RopeScalingIsReadAndItsFieldsAreNamedWhenTheyAreMissing) {
  config_["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4.0}};
  write();
  const nn::RopeConfig yarn = read_decoder_config(folder_).rope;
  EXPECT_EQ(yarn.scaling, nn::RopeConfig::Scaling::kYarn);
  EXPECT_EQ(yarn.factor, 4.0F);
  EXPECT_EQ(yarn.original_positions, awkward_config().max_position_embeddings);
  EXPECT_EQ(yarn.attention_factor, nn::yarn_attention_factor(4.0F));
  config_["rope_scaling"] = {{"type", "linear"}};
  expect_refused(ErrorCode::kInvalidFile, {"rope_scaling: \"factor\" is missing"});
  config_["rope_scaling"] = {{"type", "linear"}, {"factor", 0.5}};
  expect_refused(ErrorCode::kInvalidFile, {"rope_scaling.factor must be at least 1"});
}

TEST_F(Bundle, AQuantizedBundleGivesTheLogitsOfInt8Weights) {
  write();
  const auto small = folder_ / "int8";
  const QuantizeReport report = quantize_bundle(folder_, small);
  EXPECT_EQ(report.matrices, 1 + 7 * config_["num_hidden_layers"].get<int>());
  EXPECT_LT(report.bytes_after, report.bytes_before / 2);
  nn::CpuBackend int8(pool_, nn::kernels::best(), {.weights = nn::WeightType::kInt8});
  const std::vector<int32_t> ids{1, 5, 9, 2};
  const auto logits = [&](nn::Backend& on, const std::filesystem::path& folder) {
    return on.to_host(load_decoder(folder, on)->forward(on, on.indices(ids, 1, 4), nullptr));
  };
  EXPECT_EQ(logits(backend_, small), logits(int8, folder_));
  EXPECT_NE(logits(backend_, small), logits(backend_, folder_));
  EXPECT_THROW(quantize_bundle(small, folder_ / "twice"), Error);
  EXPECT_THROW(quantize_bundle(folder_, folder_), Error);
}

TEST_F(Bundle, ABundleOfInt8InBlocksGivesTheLogitsOfSuchWeights) {
  DecoderConfig config = awkward_config();
  config.hidden_size = 96;  // rows of whole blocks, but for down_proj's
  make(config);
  write();
  const auto small = folder_ / "blocks";
  const QuantizeReport report = quantize_bundle(folder_, small, QuantizeType::kInt8Block);
  EXPECT_EQ(report.matrices, 1 + 7 * config.num_hidden_layers);
  EXPECT_LT(report.bytes_after, report.bytes_before / 3);
  nn::CpuBackend blocks(pool_, nn::kernels::best(), {.weights = nn::WeightType::kInt8Block});
  nn::CpuBackend rows(pool_, nn::kernels::best(), {.weights = nn::WeightType::kInt8});
  const std::vector<int32_t> ids{1, 5, 9, 2};
  const auto logits = [&](nn::Backend& on, const std::filesystem::path& folder) {
    return on.to_host(load_decoder(folder, on)->forward(on, on.indices(ids, 1, 4), nullptr));
  };
  EXPECT_EQ(logits(backend_, small), logits(blocks, folder_));
  EXPECT_NE(logits(backend_, small), logits(rows, folder_));
  EXPECT_THROW(quantize_bundle(small, folder_ / "twice"), Error);
}

TEST_F(Bundle, AnInt4BundleGivesTheLogitsOfInt4LayersUnderAnInt8Embedding) {
  DecoderConfig config = awkward_config();
  config.hidden_size = 96;  // rows of whole blocks, but for down_proj's
  make(config);
  write();
  const auto small = folder_ / "int4";
  const QuantizeReport report = quantize_bundle(folder_, small, QuantizeType::kInt4);
  EXPECT_EQ(report.matrices, 1 + 7 * config.num_hidden_layers);
  EXPECT_LT(report.bytes_after, report.bytes_before / 3);
  const auto logits = [&](const std::filesystem::path& folder,
                          const nn::kernels::KernelTable& kernel) {
    nn::CpuBackend on(pool_, kernel);
    const std::vector<int32_t> ids{1, 5, 9, 2};
    return on.to_host(load_decoder(folder, on)->forward(on, on.indices(ids, 1, 4), nullptr));
  };
  const auto exact = logits(folder_, nn::kernels::best());
  const auto actual = logits(small, nn::kernels::best());
  EXPECT_EQ(logits(small, *nn::kernels::available().front()), actual);
  double error = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < exact.size(); ++i) {
    error += std::pow(actual[i] - exact[i], 2.0);
    size += std::pow(exact[i], 2.0);
  }
  EXPECT_LT(std::sqrt(error / size), 0.25);  // steps of an eighth of a block's largest
  EXPECT_GT(std::sqrt(error / size), 0.01);
  EXPECT_THROW(quantize_bundle(small, folder_ / "twice"), Error);
}

TEST_F(Bundle, WhatIsNotSupportedIsRefused) {
  const Json whole = config_;
  config_["model_type"] = "gpt2";
  expect_refused(ErrorCode::kInvalidFile, {"\"model_type\" must be one of llama", "gpt2"});
  config_ = whole;
  config_.erase("model_type");
  expect_refused(ErrorCode::kInvalidFile, {"\"model_type\"", "none"});
  config_ = whole;
  config_["rope_scaling"] = {{"type", "dynamic"}, {"factor", 2.0}};
  expect_refused(ErrorCode::kInvalidFile, {"rope_scaling", "llama3 or yarn", "dynamic"});
  config_ = whole;
  config_["attention_bias"] = true;
  expect_refused(ErrorCode::kInvalidFile, {"\"attention_bias\" is not supported"});
  config_ = whole;
  config_["head_dim"] = 64;
  expect_refused(ErrorCode::kInvalidFile, {"\"head_dim\"", "10", "64"});
}

}  // namespace
}  // namespace motet::models
