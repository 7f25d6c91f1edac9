// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/checkpoint.h"
#include "motet/models/gguf_config.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/nn/int8_block.h"
#include "motet/trust/hash.h"
#include "tests/models/made_checkpoint.h"
#include "tests/support/made_gguf.h"

namespace motet::models {
namespace {

namespace fs = std::filesystem;

const fs::path kGguf = fs::path(MOTET_GOLDEN_DIR) / "gguf";
const fs::path kCases = fs::path(MOTET_GOLDEN_DIR) / "checkpoints";

/// Rows of heads whose pairs are half a head apart, pair beside pair: ggml's order.
std::vector<float> side_by_side(const test::MadeTensor& tensor, int64_t heads) {
  const int64_t rows = tensor.shape[0];
  const int64_t width = tensor.shape.size() == 2 ? tensor.shape[1] : 1;
  const int64_t size = rows / heads;
  std::vector<float> out;
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t j = r % size;
    const int64_t from = r - j + j / 2 + j % 2 * (size / 2);
    out.insert(out.end(), tensor.floats.begin() + from * width,
               tensor.floats.begin() + (from + 1) * width);
  }
  return out;
}

void turn_over(test::MadeTensor& tensor) {
  const int64_t rows = tensor.shape[0];
  const int64_t columns = tensor.shape[1];
  std::vector<float> out;
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) {
      out.push_back(tensor.floats[static_cast<size_t>(r * columns + c)]);
    }
  }
  tensor.floats = out;
  tensor.shape = {columns, rows};
}

/// "model.layers.2.mlp.up_proj.weight": "blk.2.ffn_up.weight".
std::string ggml_name(std::string name) {
  static const std::vector<std::pair<std::string, std::string>> kParts{
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"lm_head", "output"},
      {"model.layers.", "blk."},
      {"post_attention_layernorm", "ffn_norm"},
      {"input_layernorm", "attn_norm"},
      {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"},
      {"mlp.gate_proj", "ffn_gate"},
      {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},
      {"transformer.wte", "token_embd"},
      {"transformer.wpe", "position_embd"},
      {"transformer.ln_f", "output_norm"},
      {"transformer.h.", "blk."},
      {"attn.c_attn", "attn_qkv"},
      {"attn.c_proj", "attn_output"},
      {"mlp.c_fc", "ffn_up"},
      {"mlp.c_proj", "ffn_down"},
      {"ln_1", "attn_norm"},
      {"ln_2", "ffn_norm"}};
  for (const auto& [theirs, ours] : kParts) {
    const size_t at = name.find(theirs);
    if (at != std::string::npos) name.replace(at, theirs.size(), ours);
  }
  return name;
}

void write_llama_keys(test::MadeGguf& file, const Json& config) {
  const auto whole = [&](const char* key, const char* field) {
    file.whole(std::string("llama.") + key, config[field].get<int64_t>());
  };
  const Json& rope = config["rope_parameters"];
  whole("context_length", "max_position_embeddings");
  whole("embedding_length", "hidden_size");
  whole("feed_forward_length", "intermediate_size");
  whole("attention.head_count", "num_attention_heads");
  whole("attention.head_count_kv", "num_key_value_heads");
  file.real("llama.rope.freq_base", rope["rope_theta"].get<double>());
  file.real("llama.attention.layer_norm_rms_epsilon", config["rms_norm_eps"].get<double>());
  whole("attention.key_length", "head_dim");
  whole("attention.value_length", "head_dim");
  whole("vocab_size", "vocab_size");
  whole("rope.dimension_count", "head_dim");
  if (rope["rope_type"] == "linear") {
    file.text("llama.rope.scaling.type", "linear");
    file.real("llama.rope.scaling.factor", rope["factor"].get<double>());
  }
}

void write_gpt2_keys(test::MadeGguf& file, const Json& config) {
  const auto width = config["n_embd"].get<int64_t>();
  file.whole("gpt2.context_length", config["n_positions"].get<int64_t>());
  file.whole("gpt2.embedding_length", width);
  file.whole("gpt2.feed_forward_length",
             config["n_inner"].is_null() ? 4 * width : config["n_inner"].get<int64_t>());
  file.whole("gpt2.attention.head_count", config["n_head"].get<int64_t>());
  file.real("gpt2.attention.layer_norm_epsilon", config["layer_norm_epsilon"].get<double>());
}

/// rope_freqs: what LLaMA 3's scaling divides the plain frequencies by.
void add_factors(test::MadeGguf& file, const Json& config) {
  const Json& rope = config["rope_parameters"];
  const auto size = config["head_dim"].get<int64_t>();
  nn::RopeConfig turn{.theta = rope["rope_theta"].get<float>()};
  const std::vector<double> plain = nn::rotary_frequencies(size, turn);
  turn.scaling = nn::RopeConfig::Scaling::kLlama3;
  turn.factor = rope["factor"].get<float>();
  turn.original_positions = rope["original_max_position_embeddings"].get<int64_t>();
  const std::vector<double> slowed = nn::rotary_frequencies(size, turn);
  std::vector<float> factors;
  for (size_t j = 0; j < plain.size(); ++j) {
    factors.push_back(static_cast<float>(plain[j] / slowed[j]));
  }
  file.floats("rope_freqs.weight", {size / 2}, factors);
}

void add_made(test::MadeGguf& file, const Json& config, test::MadeTensor tensor) {
  const std::string& name = tensor.name;
  if (config["model_type"] == "gpt2" && tensor.shape.size() == 2 &&
      name.find(".c_") != std::string::npos) {
    turn_over(tensor);
  } else if (name.find("q_proj") != std::string::npos) {
    tensor.floats = side_by_side(tensor, config["num_attention_heads"].get<int64_t>());
  } else if (name.find("k_proj") != std::string::npos) {
    tensor.floats = side_by_side(tensor, config["num_key_value_heads"].get<int64_t>());
  }
  file.floats(ggml_name(name), tensor.shape, tensor.floats);
}

/// A golden case as GGUF, byte for byte as tools/make_gguf.py writes it with ggml's package.
test::MadeGguf made_gguf(const std::string& name) {
  const fs::path golden = kCases / name;
  const Json config = parse_json(read_text(golden / "config.json"), "config.json");
  const bool is_llama = config["model_type"] == "llama";
  const std::string kind = is_llama ? "llama" : "gpt2";
  test::MadeGguf file;
  file.text("general.architecture", kind);
  file.text("general.name", name);
  file.whole(kind + ".block_count",
             config[is_llama ? "num_hidden_layers" : "n_layer"].get<int64_t>());
  is_llama ? write_llama_keys(file, config) : write_gpt2_keys(file, config);
  if (is_llama && config["rope_parameters"]["rope_type"] == "llama3") add_factors(file, config);
  for (const test::MadeTensor& tensor : test::made_tensors(golden)) {
    add_made(file, config, tensor);
  }
  return file;
}

class GgufCheckpoint : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("motet_gguf_checkpoint_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<float> logits_of(const Checkpoint& checkpoint) {
    const std::vector<int32_t> ids{5, 90, 1, 44, 17, 3, 3, 60};
    return backend_.to_host(
        checkpoint.body->forward(backend_, backend_.indices(ids, 1, 8), nullptr));
  }

  std::string refusal(const test::MadeGguf& file) {
    write_file(path(), file.file());
    try {
      open_checkpoint(path(), backend_);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("model.gguf: "), std::string::npos);
      return error.what();
    }
    return "none";
  }

  fs::path path() const { return folder_ / "model.gguf"; }

  ThreadPool pool_{2};
  nn::CpuBackend backend_{pool_};
  fs::path folder_;
};

class GgufGolden : public GgufCheckpoint, public testing::WithParamInterface<const char*> {};

/// Whose logits are the reference's: checkpoint_test.cpp.
TEST_P(GgufGolden, AnswersAsTheSafetensorsFolderDoes) {
  const std::string name = GetParam();
  const std::string bytes = made_gguf(name).file();
  const Json hashes = parse_json(read_text(kGguf / "sha256.json"), "sha256.json");
  EXPECT_EQ(trust::sha256(bytes), hashes[name].get<std::string>())
      << "not what ggml's package writes";
  write_file(path(), bytes);
  test::write_made(kCases / name, folder_ / "folder");
  const Checkpoint gguf = open_checkpoint(path(), backend_);
  const Checkpoint folder = open_checkpoint(folder_ / "folder", backend_);
  EXPECT_EQ(gguf.layout, "GGUF");
  EXPECT_EQ(gguf.family, folder.family);
  EXPECT_EQ(family_of(path()), folder.family);
  EXPECT_EQ(gguf.parameters, folder.parameters);
  EXPECT_EQ(gguf.body->config().max_position_embeddings,
            folder.body->config().max_position_embeddings);
  EXPECT_EQ(gguf.body->config().rope, folder.body->config().rope);
  EXPECT_EQ(logits_of(gguf), logits_of(folder));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, GgufGolden,
                         testing::Values("llama", "llama_tied", "llama_one_head", "llama_stretched",
                                         "gpt2", "gpt2_untied"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_F(GgufCheckpoint, BadMetadataAreNamed) {
  const auto with = [&](const char* key, uint32_t type, const std::string& value) {
    test::MadeGguf file = made_gguf("llama");
    const size_t at = file.keys.find(test::gguf_text(key));
    if (at != std::string::npos) {  // the key as it was, under a name that nobody reads
      file.keys[at + 8] = 'x';
    }
    file.key(key, type, value);
    const std::string found = refusal(file);
    EXPECT_NE(found.find(std::string("metadata ") + key), std::string::npos) << found;
    return found;
  };
  const auto whole = [](uint32_t value) { return test::bytes_of_number(value); };
  EXPECT_NE(with("general.architecture", 8, test::gguf_text("mamba")).find("llama or gpt2"),
            std::string::npos);
  EXPECT_NE(with("llama.block_count", 8, test::gguf_text("3")).find("a whole number"),
            std::string::npos);
  with("llama.attention.head_count", 4, whole(0));
  with("llama.rope.dimension_count", 4, whole(4));
  with("llama.expert_count", 4, whole(8));
  with("llama.rope.freq_base", 6, test::bytes_of_number(0.5F));
  with("llama.rope.scaling.type", 8, test::gguf_text("longrope"));
  test::MadeGguf bare = made_gguf("llama");
  bare.keys[bare.keys.find("llama.embedding_length")] = 'x';
  EXPECT_NE(refusal(bare).find("metadata llama.embedding_length: is missing"), std::string::npos);
  test::MadeGguf huge = made_gguf("llama");
  const size_t at = huge.keys.find("llama.block_count") + std::string("llama.block_count").size();
  huge.keys.replace(at + 4, 4, whole(2'000'000'000));
  EXPECT_NE(refusal(huge).find("layers must be in 1..1024"), std::string::npos) << refusal(huge);
}

TEST_F(GgufCheckpoint, BadTensorsAreNamed) {
  const auto with = [&](const std::function<void(test::MadeGguf&)>& spoil) {
    test::MadeGguf file = made_gguf("llama");
    spoil(file);
    return refusal(file);
  };
  EXPECT_NE(with([](auto& file) {
              file.tensors[file.tensors.find("blk.1.ffn_up.weight")] = 'x';
            }).find("tensor blk.1.ffn_up.weight is missing"),
            std::string::npos);
  EXPECT_NE(with([](auto& file) {
              const float nan = NAN;  // the first tensor is the head
              std::memcpy(file.data.data() + 12, &nan, 4);
            }).find("tensor output.weight: element 3 is not a number"),
            std::string::npos);
  EXPECT_NE(with([](auto& file) {
              file.floats("rope_freqs.weight", {4}, {1.0F, 3.0F, 2.0F, 8.0F});
            }).find("tensor rope_freqs.weight: expected the factors of LLaMA 3"),
            std::string::npos);
}

/// A small network of either architecture whose matrices are made of blocks, as Q8_0 or as the same
/// numbers in float32.
test::MadeGguf made_of_blocks(const std::string& kind, bool as_floats) {
  constexpr int64_t D = 64, F = 96, V = 70;
  const bool is_llama = kind == "llama";
  test::MadeGguf file;
  file.text("general.architecture", kind);
  for (const auto& [key, value] : std::vector<std::pair<const char*, int64_t>>{
           {"block_count", 2},
           {"context_length", 64},
           {"embedding_length", D},
           {"feed_forward_length", F},
           {"attention.head_count", 4},
           {"attention.head_count_kv", is_llama ? 2 : 4}}) {
    file.whole(kind + "." + key, value);
  }
  const auto vector = [&](const std::string& name, int64_t n, double offset) {
    file.floats(name, {n}, test::made_values(name, static_cast<size_t>(n), offset, 0.2));
  };
  const auto matrix = [&](const std::string& name, int64_t N, int64_t M) {
    const auto values = test::made_values(name, static_cast<size_t>(N * M), 0.0, 0.2);
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    const nn::Int8BlockMatrix blocks = nn::to_int8_blocks(
        {.type = nn::DType::kF32, .shape = {N, M}, .bytes = {bytes, 4 * values.size()}});
    if (as_floats) {
      file.floats(name, {N, M}, nn::to_floats(blocks.view()));
    } else {
      file.blocks(name, {N, M}, blocks.bytes);
    }
  };
  const auto norm = [&](const std::string& name) {
    vector(name + ".weight", D, 1.0);
    if (!is_llama) vector(name + ".bias", D, 0.0);
  };
  matrix("token_embd.weight", V, D);
  if (!is_llama) matrix("position_embd.weight", 64, D);
  for (const std::string block : {"blk.0.", "blk.1."}) {
    norm(block + "attn_norm");
    norm(block + "ffn_norm");
    if (is_llama) {
      matrix(block + "attn_q.weight", D, D);
      matrix(block + "attn_k.weight", D / 2, D);
      matrix(block + "attn_v.weight", D / 2, D);
      matrix(block + "ffn_gate.weight", F, D);
    } else {
      matrix(block + "attn_qkv.weight", 3 * D, D);
      vector(block + "attn_qkv.bias", 3 * D, 0.0);
    }
    matrix(block + "attn_output.weight", D, D);
    matrix(block + "ffn_up.weight", F, D);
    matrix(block + "ffn_down.weight", D, F);
  }
  norm("output_norm");
  return file;
}

/// The bytes of Q8_0 are multiplied as they lie: bit for bit the product of the same numbers packed
/// from float32, and near the product in float32, for inputs are rounded to int8.
TEST_F(GgufCheckpoint, Q8_0StaysInt8InBlocks) {
  nn::CpuBackend blocked(pool_, nn::kernels::best(), {.weights = nn::WeightType::kInt8Block});
  const std::vector<int32_t> ids{5, 19, 1, 44, 17, 3, 3, 60};
  const auto logits = [&](const std::string& name, nn::Backend& on) {
    const Checkpoint checkpoint = open_checkpoint(folder_ / name, on);
    return on.to_host(checkpoint.body->forward(on, on.indices(ids, 1, 8), nullptr));
  };
  for (const char* kind : {"llama", "gpt2"}) {
    write_file(folder_ / "q8_0.gguf", made_of_blocks(kind, false).file());
    write_file(folder_ / "floats.gguf", made_of_blocks(kind, true).file());
    const auto actual = logits("q8_0.gguf", backend_);
    EXPECT_EQ(actual, logits("floats.gguf", blocked)) << kind;
    const auto exact = logits("floats.gguf", backend_);
    double error = 0.0, size = 0.0;
    for (size_t i = 0; i < exact.size(); ++i) {
      error += std::pow(actual[i] - exact[i], 2.0);
      size += std::pow(exact[i], 2.0);
    }
    EXPECT_LT(std::sqrt(error / size), 0.03) << kind;  // steps of 1/127 of an input's largest
    EXPECT_GT(error, 0.0) << kind;
  }
}

/// LLaMAs with biases of q, k and v keep them in the same order of rows.
TEST_F(GgufCheckpoint, BiasesAreReadInTheOrderOfTheirRows) {
  auto tensors = test::made_tensors(kCases / "llama");
  const Json config = parse_json(read_text(kCases / "llama" / "config.json"), "config.json");
  test::MadeGguf file = made_gguf("llama");
  for (const char* part : {"q", "k", "v"}) {
    const std::string name = std::string("model.layers.1.self_attn.") + part + "_proj.bias";
    const int64_t rows = part[0] == 'q' ? 48 : 16;
    const auto values = test::made_values(name, static_cast<size_t>(rows), 0.0, 0.5);
    tensors.push_back({.name = name, .shape = {rows}, .floats = values});
    add_made(file, config, tensors.back());
  }
  write_file(path(), file.file());
  test::write_made(kCases / "llama", folder_ / "folder");
  std::vector<nn::NamedTensor> named;
  for (const auto& tensor : tensors) named.push_back(tensor.named());
  nn::write_safetensors(folder_ / "folder" / "model.safetensors", named, {});
  EXPECT_EQ(logits_of(open_checkpoint(path(), backend_)),
            logits_of(open_checkpoint(folder_ / "folder", backend_)));
}

}  // namespace
}  // namespace motet::models
