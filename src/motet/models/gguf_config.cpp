// SPDX-License-Identifier: Apache-2.0
#include "motet/models/gguf_config.h"

#include <cmath>
#include <optional>
#include <utility>

#include "motet/base/error.h"

namespace motet::models {
namespace {

constexpr const char* kFactors = "rope_freqs.weight";

/// Reads the metadata under "<architecture>." and says which key is wrong.
class Keys {
 public:
  Keys(const nn::GgufFile& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  [[noreturn]] void fail(const std::string& key, const std::string& sentence) const {
    throw Error(ErrorCode::kInvalidFile,
                file_.place() + ": metadata " + prefix_ + key + ": " + sentence);
  }

  std::optional<int64_t> whole(const std::string& key) const {
    const nn::GgufValue* value = file_.find(prefix_ + key);
    if (value == nullptr) return std::nullopt;
    const auto* number = std::get_if<int64_t>(value);
    if (number == nullptr) fail(key, "expected a whole number");
    return *number;
  }

  int64_t required(const std::string& key) const {
    const auto value = whole(key);
    if (!value) fail(key, "is missing");
    return *value;
  }

  float number(const std::string& key, double otherwise) const {
    const nn::GgufValue* value = file_.find(prefix_ + key);
    if (value == nullptr) return static_cast<float>(otherwise);
    if (const auto* integer = std::get_if<int64_t>(value)) return static_cast<float>(*integer);
    const auto* number = std::get_if<double>(value);
    if (number == nullptr) fail(key, "expected a number");
    return static_cast<float>(*number);
  }

  std::string text(const std::string& key, const std::string& otherwise) const {
    const nn::GgufValue* value = file_.find(prefix_ + key);
    if (value == nullptr) return otherwise;
    const auto* text = std::get_if<std::string_view>(value);
    if (text == nullptr) fail(key, "expected a text");
    return std::string(*text);
  }

  /// Refuses a number other than `expected`.
  void require(const std::string& key, int64_t expected) const {
    const int64_t found = whole(key).value_or(expected);
    if (found != expected) {
      fail(key, "expected " + std::to_string(expected) + ", found " + std::to_string(found));
    }
  }

 private:
  const nn::GgufFile& file_;
  std::string prefix_;
};

/// Rows of the table of tokens: the vocabulary, whatever the metadata's list of tokens has.
int64_t rows_of(const nn::GgufFile& file, const std::string& name) {
  const nn::Shape shape = file.shape_of(name);
  if (shape.size() != 2) {
    throw Error(ErrorCode::kInvalidFile, file.place() + ": tensor " + name +
                                             ": expected a matrix, found shape " +
                                             nn::to_string(shape));
  }
  return shape[0];
}

/// What both architectures have.
DecoderConfig sizes_of(const nn::GgufFile& file, const Keys& keys) {
  DecoderConfig config;
  config.vocab_size = rows_of(file, "token_embd.weight");
  config.hidden_size = keys.required("embedding_length");
  config.intermediate_size = keys.required("feed_forward_length");
  config.num_hidden_layers = keys.required("block_count");
  config.num_attention_heads = keys.required("attention.head_count");
  if (config.num_attention_heads < 1) keys.fail("attention.head_count", "must be positive");
  config.num_key_value_heads =
      keys.whole("attention.head_count_kv").value_or(config.num_attention_heads);
  config.head_dim =
      keys.whole("attention.key_length").value_or(config.hidden_size / config.num_attention_heads);
  keys.require("attention.value_length", config.head_dim);
  config.tie_word_embeddings = !file.contains("output.weight");
  return config;
}

/// Whether `rope` slows each pair as the file's factors say.
bool fits(const nn::RopeConfig& rope, const std::vector<float>& factors) {
  const auto size = static_cast<int64_t>(2 * factors.size());
  const std::vector<double> plain = nn::rotary_frequencies(size, {.theta = rope.theta});
  const std::vector<double> slowed = nn::rotary_frequencies(size, rope);
  for (size_t j = 0; j < factors.size(); ++j) {
    if (std::abs(plain[j] / slowed[j] - factors[j]) > 1e-4 * factors[j]) return false;
  }
  return true;
}

/// ggml's converter keeps of LLaMA 3's scaling only what it divides each frequency by. The slowest
/// pairs have the factor itself, and of the lengths that models are trained on one gives the rest.
nn::RopeConfig llama3_rope(const nn::GgufFile& file, nn::RopeConfig rope, int64_t head_size) {
  constexpr int64_t kLeast = 32;
  constexpr int64_t kMost = 1 << 20;
  const std::vector<float> factors =
      nn::to_floats(nn::load_checked(file, kFactors, {head_size / 2}).view);
  rope.scaling = nn::RopeConfig::Scaling::kLlama3;
  rope.factor = factors.empty() ? 1.0F : factors.back();
  for (int64_t length = kLeast; length <= kMost && rope.factor > 0.0F; length *= 2) {
    rope.original_positions = length;
    if (fits(rope, factors)) return rope;
  }
  throw Error(ErrorCode::kInvalidFile,
              file.place() + ": tensor " + kFactors +
                  ": expected the factors of LLaMA 3's rotary scaling, found others");
}

nn::RopeConfig rope_of(const nn::GgufFile& file, const Keys& keys, int64_t head_size) {
  nn::RopeConfig rope{.theta = keys.number("rope.freq_base", 10'000.0)};
  keys.require("rope.dimension_count", head_size);
  if (!(rope.theta >= 1.0F && rope.theta <= 1e12F)) {
    keys.fail("rope.freq_base", "must be in 1..1e12");
  }
  if (file.contains(kFactors)) return llama3_rope(file, rope, head_size);
  const std::string type = keys.text("rope.scaling.type", "none");
  if (type == "none") return rope;
  if (type != "linear") {
    keys.fail("rope.scaling.type", "must be none or linear");
  }
  rope.scaling = nn::RopeConfig::Scaling::kLinear;
  rope.factor = keys.number("rope.scaling.factor", 1.0);
  return rope;
}

CheckpointConfig llama_file(const nn::GgufFile& file) {
  const Keys keys(file, "llama.");
  keys.require("expert_count", 0);
  CheckpointConfig config;
  config.body = sizes_of(file, keys);
  config.body.max_position_embeddings = keys.whole("context_length").value_or(2048);
  config.body.norm_eps = keys.number("attention.layer_norm_rms_epsilon", 1e-6);
  if (config.body.head_dim < 2 || config.body.head_dim % 2 != 0) {
    keys.fail("attention.key_length", "must be even and positive");
  }
  config.body.rope = rope_of(file, keys, config.body.head_dim);
  config.family = config.body.vocab_size == kMidiLlmVocabulary ? Family::kMidiLlm : Family::kLlama;
  const std::string block = "blk.%.";
  config.body_names = {.embed = "token_embd",
                       .positions = "position_embd",
                       .norm = "output_norm",
                       .head = "output",
                       .attention_norm = block + "attn_norm",
                       .q = block + "attn_q",
                       .k = block + "attn_k",
                       .v = block + "attn_v",
                       .o = block + "attn_output",
                       .mlp_norm = block + "ffn_norm",
                       .gate = block + "ffn_gate",
                       .up = block + "ffn_up",
                       .down = block + "ffn_down",
                       .interleaved_rope = true};
  return config;
}

CheckpointConfig gpt2_file(const nn::GgufFile& file) {
  const Keys keys(file, "gpt2.");
  CheckpointConfig config;
  config.body = sizes_of(file, keys);
  config.body.norm = NormKind::kLayer;
  config.body.position = PositionKind::kLearned;
  config.body.mlp = MlpKind::kGelu;
  config.body.max_position_embeddings = rows_of(file, "position_embd.weight");
  config.body.norm_eps = keys.number("attention.layer_norm_epsilon", 1e-5);
  config.family =
      config.body.vocab_size == kAnticipationVocabulary ? Family::kAnticipation : Family::kGpt2;
  const std::string block = "blk.%.";
  config.body_names = {.embed = "token_embd",
                       .positions = "position_embd",
                       .norm = "output_norm",
                       .head = "output",
                       .attention_norm = block + "attn_norm",
                       .q = block + "attn_qkv",
                       .k = block + "attn_qkv",
                       .v = block + "attn_qkv",
                       .o = block + "attn_output",
                       .mlp_norm = block + "ffn_norm",
                       .gate = "",
                       .up = block + "ffn_up",
                       .down = block + "ffn_down"};
  return config;
}

}  // namespace

bool is_gguf(const std::filesystem::path& path) { return path.extension() == ".gguf"; }

CheckpointConfig gguf_config(const nn::GgufFile& file) {
  const Keys general(file, "general.");
  const std::string architecture = general.text("architecture", "");
  if (architecture != "llama" && architecture != "gpt2") {
    general.fail("architecture", architecture.empty() ? "is missing" : "must be llama or gpt2");
  }
  CheckpointConfig config = architecture == "llama" ? llama_file(file) : gpt2_file(file);
  try {
    config.body.validate();
  } catch (const Error& error) {
    throw Error(ErrorCode::kInvalidFile, file.place() + ": metadata: " + error.what());
  }
  return config;
}

}  // namespace motet::models
