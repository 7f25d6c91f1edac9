// SPDX-License-Identifier: Apache-2.0
#include "motet/models/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "tests/models/made_checkpoint.h"

namespace motet::models {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(MOTET_GOLDEN_DIR) / "checkpoints";

double cosine_of(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

int32_t likeliest(std::span<const float> logits) {
  return static_cast<int32_t>(std::ranges::max_element(logits) - logits.begin());
}

/// What transformers, or the script's own network, answered.
struct Expected {
  explicit Expected(const fs::path& golden) {
    const Json json = parse_json(read_text(golden / "expected.json"), "expected.json");
    prompt = json["prompt"].get<std::vector<int32_t>>();
    greedy = json["greedy"].get<std::vector<int32_t>>();
    logits = json["logits"].get<std::vector<std::vector<float>>>();
    stride = json["stride"].get<size_t>();
  }

  void expect_logits(size_t which, std::span<const float> found) const {
    std::vector<float> sample;
    for (size_t i = 0; i < found.size(); i += stride) sample.push_back(found[i]);
    ASSERT_EQ(sample.size(), logits[which].size());
    EXPECT_GE(cosine_of(sample, logits[which]), 0.99999);
    for (size_t i = 0; i < sample.size(); ++i) {  // a cosine forgives a factor
      ASSERT_NEAR(sample[i], logits[which][i], 1e-3) << "logit " << i * stride;
    }
  }

  std::vector<int32_t> prompt, greedy;
  std::vector<std::vector<float>> logits;
  size_t stride = 1;
};

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("motet_checkpoint_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string refusal() {
    try {
      open_checkpoint(folder_, backend_);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  ThreadPool pool_{2};
  nn::CpuBackend backend_{pool_};
  fs::path folder_;
};

class Golden : public CheckpointTest, public testing::WithParamInterface<const char*> {
 protected:
  /// One network: a prompt in one call, then token by token.
  void check_tokens(const Checkpoint& checkpoint, const Expected& expected) {
    const Decoder& body = *checkpoint.body;
    nn::KvCache cache = body.new_cache();
    const auto length = static_cast<int64_t>(expected.prompt.size());
    const auto all = backend_.to_host(
        body.forward(backend_, backend_.indices(expected.prompt, 1, length), &cache));
    const auto V = static_cast<size_t>(body.config().vocab_size);
    expected.expect_logits(0, std::span(all).first(V));
    expected.expect_logits(1, std::span(all).last(V));
    std::vector<float> last(all.end() - static_cast<std::ptrdiff_t>(V), all.end());
    std::vector<int32_t> written;
    for (size_t i = 0; i < expected.greedy.size(); ++i) {
      written.push_back(likeliest(last));
      const int32_t id[1] = {written.back()};
      last = backend_.to_host(body.forward(backend_, backend_.indices(id, 1, 1), &cache));
    }
    EXPECT_EQ(written, expected.greedy);
  }

  /// Two networks: a prompt of groups in one call, then group by group, id by id.
  void check_groups(const Checkpoint& checkpoint, const Expected& expected) {
    const Decoder& body = *checkpoint.body;
    const int64_t width = group_width(checkpoint.family);
    nn::KvCache cache = body.new_cache();
    const auto read = [&](std::span<const int32_t> ids) {
      return body.last_hidden(backend_, embed_groups(checkpoint, backend_, ids, width), &cache);
    };
    nn::Tensor hidden = read(expected.prompt);
    InnerReader inner(checkpoint, backend_);
    std::vector<float> logits = inner.begin(hidden);
    expected.expect_logits(0, logits);
    const auto group = std::span(expected.prompt).last(static_cast<size_t>(width));
    for (const int32_t id : group.first(group.size() - 1)) logits = inner.next(id);
    expected.expect_logits(1, logits);
    std::vector<int32_t> written;
    while (written.size() < expected.greedy.size()) {
      const size_t begin = written.size();
      logits = inner.begin(hidden);
      for (int64_t slot = 0; slot < width; ++slot) {
        written.push_back(likeliest(logits));
        if (slot + 1 < width) logits = inner.next(written.back());
      }
      hidden = read(std::span(written).subspan(begin));
    }
    EXPECT_EQ(written, expected.greedy);
  }
};

TEST_P(Golden, LogitsAndAHundredGreedyTokensAreTheReferences) {
  const fs::path golden = kGolden / GetParam();
  test::write_made(golden, folder_);
  const Checkpoint checkpoint = open_checkpoint(folder_, backend_);
  const Expected expected(golden);
  if (checkpoint.inner != nullptr) {
    check_groups(checkpoint, expected);
  } else {
    check_tokens(checkpoint, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Golden,
                         testing::Values("llama", "llama_tied", "llama_one_head", "llama_stretched",
                                         "gpt2", "gpt2_untied", "anticipation", "midi_llm",
                                         "midi_model", "aria", "notagen"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_F(CheckpointTest, FamiliesAreToldApart) {
  const auto family = [&](const char* name) {
    fs::remove_all(folder_);
    test::write_made(kGolden / name, folder_);
    const Family found = open_checkpoint(folder_, backend_).family;
    EXPECT_TRUE(!family_of(folder_) || *family_of(folder_) == found) << name;
    return found;
  };
  EXPECT_EQ(family("llama"), Family::kLlama);
  EXPECT_EQ(family("gpt2"), Family::kGpt2);
  EXPECT_EQ(family("anticipation"), Family::kAnticipation);
  EXPECT_EQ(family("midi_model"), Family::kMidiModel);
  EXPECT_EQ(family("aria"), Family::kAria);
  EXPECT_EQ(family("notagen"), Family::kNotaGen);
}

/// Two shards and an index, as transformers splits what is large.
TEST_F(CheckpointTest, ShardsAreOneCheckpoint) {
  const fs::path golden = kGolden / "llama";
  test::write_made(golden, folder_);
  const auto tensors = test::made_tensors(golden);
  Json index = {{"metadata", {{"total_size", 1}}}, {"weight_map", Json::object()}};
  for (const int shard : {0, 1}) {
    const std::string name = "model-0000" + std::to_string(shard + 1) + "-of-00002.safetensors";
    std::vector<nn::NamedTensor> named;
    for (size_t i = static_cast<size_t>(shard); i < tensors.size(); i += 2) {
      named.push_back(tensors[i].named());
      index["weight_map"][tensors[i].name] = name;
    }
    nn::write_safetensors(folder_ / name, named, {});
  }
  const Checkpoint whole = open_checkpoint(folder_, backend_);
  fs::remove(folder_ / "model.safetensors");
  const fs::path path = folder_ / "model.safetensors.index.json";
  write_file(path, to_text(index));
  const Checkpoint sharded = open_checkpoint(folder_, backend_);
  const std::vector<int32_t> ids{1, 2, 3};
  const auto logits = [&](const Checkpoint& checkpoint) {
    return backend_.to_host(
        checkpoint.body->forward(backend_, backend_.indices(ids, 1, 3), nullptr));
  };
  EXPECT_EQ(logits(sharded), logits(whole));
  EXPECT_EQ(sharded.parameters, whole.parameters);

  const std::string first = index["weight_map"].begin().key();
  index["weight_map"][first] = "../elsewhere.safetensors";
  write_file(path, to_text(index));
  EXPECT_NE(refusal().find("tensor " + first + ": expected the name of a file"), std::string::npos);
  index["weight_map"][first] = "model-00002-of-00002.safetensors";
  write_file(path, to_text(index));
  EXPECT_NE(refusal().find("tensor " + first + " is not in model-00002"), std::string::npos);
  index["weight_map"][first] = "model-00001-of-00002.safetensors";
  index["weight_map"]["invented"] = "model-00002-of-00002.safetensors";
  write_file(path, to_text(index));
  EXPECT_NE(refusal().find("tensor invented is not in"), std::string::npos);
  index["weight_map"]["invented"] = "model-00003-of-00002.safetensors";
  write_file(path, to_text(index));
  EXPECT_NE(refusal().find("model-00003-of-00002.safetensors"), std::string::npos);
}

TEST_F(CheckpointTest, BadTensorsAreNamed) {
  const fs::path golden = kGolden / "gpt2";
  test::write_made(golden, folder_);
  auto tensors = test::made_tensors(golden);
  const auto rewrite = [&] {
    std::vector<nn::NamedTensor> named;
    for (const auto& tensor : tensors) named.push_back(tensor.named());
    nn::write_safetensors(folder_ / "model.safetensors", named, {});
  };
  test::MadeTensor& last = tensors.back();
  const test::MadeTensor kept = last;
  last.floats[1] = NAN;
  rewrite();
  EXPECT_NE(refusal().find("tensor " + kept.name + ": element 1 is not a number"),
            std::string::npos)
      << refusal();
  last.floats[1] = INFINITY;
  rewrite();
  EXPECT_NE(refusal().find("tensor " + kept.name + ": element 1 is infinite"), std::string::npos);
  last.shape.back() -= 1;
  last.floats.assign(static_cast<size_t>(nn::count_of(last.shape)), 0.5F);
  rewrite();
  EXPECT_NE(refusal().find("tensor " + kept.name + ": expected shape"), std::string::npos);
  tensors.pop_back();
  rewrite();
  EXPECT_NE(refusal().find("tensor " + kept.name + " is missing"), std::string::npos);
}

TEST_F(CheckpointTest, BadConfigsAreNamed) {
  test::write_made(kGolden / "llama", folder_);
  const fs::path path = folder_ / "config.json";
  const Json good = parse_json(read_text(path), "config.json");
  const auto with = [&](const char* field, const Json& value) {
    Json json = good;
    json[field] = value;
    write_file(path, to_text(json));
    return refusal();
  };
  EXPECT_NE(with("model_type", "bert").find("\"model_type\" must be"), std::string::npos);
  EXPECT_NE(with("num_hidden_layers", "3").find("not a whole number"), std::string::npos);
  EXPECT_NE(with("num_attention_heads", 0).find("num_attention_heads"), std::string::npos);
  EXPECT_NE(with("hidden_act", "relu").find("\"hidden_act\" must be"), std::string::npos);
  EXPECT_NE(with("vocab_size", int64_t{1} << 40).find("vocab_size"), std::string::npos);
  EXPECT_NE(with("rope_parameters", {{"rope_type", "longrope"}}).find("found longrope"),
            std::string::npos);
}

TEST_F(CheckpointTest, SizesBeyondAllModelsAreRefusedBeforeTheyAreMultiplied) {
  test::write_made(kGolden / "gpt2", folder_);
  const fs::path path = folder_ / "config.json";
  Json json = parse_json(read_text(path), "config.json");
  json.erase("n_inner");  // four times n_embd then
  for (const Json& size : {Json(int64_t{1} << 62), Json(-(int64_t{1} << 62)), Json(~uint64_t{0})}) {
    json["n_embd"] = size;
    write_file(path, to_text(json));
    EXPECT_NE(refusal().find("\"n_embd\" is beyond all models, found " + size.dump()),
              std::string::npos)
        << refusal();
  }
}

TEST_F(CheckpointTest, NothingAtAllIsSaid) {
  EXPECT_NE(refusal().find("there is no such checkpoint"), std::string::npos);
}

TEST_F(CheckpointTest, LearntPositionsAreALimit) {
  test::write_made(kGolden / "gpt2", folder_);
  const Checkpoint checkpoint = open_checkpoint(folder_, backend_);
  const auto most = static_cast<size_t>(checkpoint.body->config().max_position_embeddings);
  const std::vector<int32_t> ids(most + 1, 1);
  const auto read = [&](size_t count) {
    const auto length = static_cast<int64_t>(count);
    checkpoint.body->forward(backend_, backend_.indices(std::span(ids).first(count), 1, length),
                             nullptr);
  };
  EXPECT_NO_THROW(read(most));
  EXPECT_THROW(read(most + 1), Error);
}

}  // namespace
}  // namespace motet::models
