// SPDX-License-Identifier: Apache-2.0
#include "motet/models/checkpoint_config.h"

#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/gguf_config.h"

namespace motet::models {
namespace {

constexpr uint64_t kLargestWhole = uint64_t{1} << 48;  // so that a multiple of a field fits 64 bits

/// Reads fields of one JSON object and says which file and field is wrong.
class Fields {
 public:
  Fields(const Json& json, std::string file) : json_(json), file_(std::move(file)) {
    if (!json_.is_object()) fail("expected an object");
  }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw Error(ErrorCode::kInvalidFile, file_ + ": " + sentence);
  }

  /// The first of several names that is there and not null.
  const Json* find(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      const auto found = json_.find(name);
      if (found != json_.end() && !found->is_null()) return &*found;
    }
    return nullptr;
  }

  std::optional<int64_t> whole(std::initializer_list<const char*> names) const {
    const Json* value = find(names);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer()) {
      fail(quoted(names) + " is not a whole number, found " + value->dump());
    }
    const bool is_huge = value->is_number_unsigned() && value->get<uint64_t>() > kLargestWhole;
    if (is_huge || value->get<int64_t>() < -static_cast<int64_t>(kLargestWhole)) {
      fail(quoted(names) + " is beyond all models, found " + value->dump());
    }
    return value->get<int64_t>();
  }

  int64_t required(std::initializer_list<const char*> names) const {
    const auto value = whole(names);
    if (!value) fail(quoted(names) + " is missing");
    return *value;
  }

  float number(const char* name, double otherwise) const {
    const Json* value = find({name});
    if (value == nullptr) return static_cast<float>(otherwise);
    if (!value->is_number()) fail(quoted({name}) + " is not a number, found " + value->dump());
    return static_cast<float>(value->get<double>());
  }

  bool flag(const char* name, bool otherwise) const {
    const Json* value = find({name});
    if (value == nullptr) return otherwise;
    if (!value->is_boolean())
      fail(quoted({name}) + " is not true or false, found " + value->dump());
    return value->get<bool>();
  }

  std::string text(const char* name, const std::string& otherwise) const {
    const Json* value = find({name});
    if (value == nullptr) return otherwise;
    if (!value->is_string()) fail(quoted({name}) + " is not a text, found " + value->dump());
    return value->get<std::string>();
  }

  Fields object(const char* name) const {
    const Json* value = find({name});
    if (value == nullptr) fail(quoted({name}) + " is missing");
    return {*value, file_ + ": " + name};
  }

  /// Refuses a text field that is none of these.
  void require_one(const char* name, const std::string& otherwise,
                   std::initializer_list<const char*> known) const {
    const std::string found = text(name, otherwise);
    std::string list;
    for (const char* each : known) {
      if (found == each) return;
      list += (list.empty() ? "" : ", ") + std::string(each);
    }
    fail(quoted({name}) + " must be one of " + list + "; found " + found);
  }

 private:
  static std::string quoted(std::initializer_list<const char*> names) {
    return "\"" + std::string(*names.begin()) + "\"";
  }

  const Json& json_;
  std::string file_;
};

/// rope_theta and rope_scaling, or rope_parameters, which newer versions of transformers write.
nn::RopeConfig read_rope(const Fields& fields) {
  using Scaling = nn::RopeConfig::Scaling;
  nn::RopeConfig rope{.theta = fields.number("rope_theta", 10'000.0)};
  const char* name =
      fields.find({"rope_parameters"}) != nullptr ? "rope_parameters" : "rope_scaling";
  if (fields.find({name}) == nullptr) return rope;
  const Fields inner = fields.object(name);
  rope.theta = inner.number("rope_theta", double{rope.theta});
  const std::string type = inner.text("rope_type", inner.text("type", "default"));
  if (type == "default") return rope;
  rope.factor = inner.number("factor", 1.0);
  if (type == "linear") {
    rope.scaling = Scaling::kLinear;
  } else if (type == "llama3") {
    rope.scaling = Scaling::kLlama3;
    rope.low_frequency_factor = inner.number("low_freq_factor", 1.0);
    rope.high_frequency_factor = inner.number("high_freq_factor", 4.0);
    rope.original_positions = inner.required({"original_max_position_embeddings"});
  } else {
    inner.fail("\"rope_type\" must be default, linear or llama3; found " + type);
  }
  return rope;
}

TransformerConfig read_llama(const Fields& fields) {
  fields.require_one("hidden_act", "silu", {"silu", "swish"});
  TransformerConfig config;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"hidden_size"});
  config.intermediate_size = fields.required({"intermediate_size"});
  config.layers = fields.required({"num_hidden_layers"});
  config.heads = fields.required({"num_attention_heads"});
  config.kv_heads = fields.whole({"num_key_value_heads"}).value_or(config.heads);
  if (config.heads < 1) fields.fail("\"num_attention_heads\" must be positive");
  config.head_size = fields.whole({"head_dim"}).value_or(config.hidden_size / config.heads);
  config.positions = fields.whole({"max_position_embeddings"}).value_or(2048);
  config.norm_eps = fields.number("rms_norm_eps", 1e-6);
  config.rope = read_rope(fields);
  return config;
}

TransformerConfig read_gpt2(const Fields& fields) {
  fields.require_one("activation_function", "gelu_new", {"gelu_new", "gelu_pytorch_tanh"});
  if (!fields.flag("scale_attn_weights", true) ||
      fields.flag("scale_attn_by_inverse_layer_idx", false)) {
    fields.fail("only attention scaled by 1/sqrt(head size) is supported");
  }
  TransformerConfig config;
  config.norm = NormKind::kLayer;
  config.position = PositionKind::kLearned;
  config.mlp = MlpKind::kGelu;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"n_embd"});
  config.layers = fields.required({"n_layer"});
  config.heads = fields.required({"n_head"});
  if (config.heads < 1) fields.fail("\"n_head\" must be positive");
  config.intermediate_size = fields.whole({"n_inner"}).value_or(4 * config.hidden_size);
  config.kv_heads = config.heads;
  config.head_size = config.hidden_size / config.heads;
  config.positions = fields.required({"n_positions"});
  config.norm_eps = fields.number("layer_norm_epsilon", 1e-5);
  return config;
}

/// Both the names of its Hugging Face folder and those of its own repository.
TransformerConfig read_aria(const Fields& fields) {
  TransformerConfig config;
  config.norm = NormKind::kLayer;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"hidden_size", "d_model"});
  config.layers = fields.required({"num_hidden_layers", "n_layers"});
  config.heads = fields.required({"num_attention_heads", "n_heads"});
  if (config.heads < 1) fields.fail("\"num_attention_heads\" must be positive");
  const int64_t times = fields.whole({"ff_mult"}).value_or(4);
  if (times < 1 || times > 64) fields.fail("\"ff_mult\" must be in 1..64");
  config.intermediate_size = times * config.hidden_size;
  config.kv_heads = config.heads;
  config.head_size = config.hidden_size / config.heads;
  config.positions = fields.whole({"max_seq_len", "max_position_embeddings"}).value_or(8192);
  config.rope.theta = 500'000.0F;
  return config;
}

TensorNames aria_names() {
  const std::string block = "model.encode_layers.%.";
  return {.embed = "model.tok_embeddings",
          .positions = "",
          .norm = "model.out_layer_norm",
          .head = "lm_head",
          .attention_norm = block + "norm1",
          .q = "",
          .k = "",
          .v = "",
          .qkv = block + "mixed_qkv",
          .o = block + "att_proj_linear",
          .mlp_norm = block + "norm2",
          .gate = block + "ff_gate_proj",
          .up = block + "ff_up_proj",
          .down = block + "ff_down_proj"};
}

/// Of LLaMA's config, what the shape cannot do. Biases are read where the file has them.
CheckpointConfig llama_checkpoint(const Fields& fields) {
  CheckpointConfig config;
  config.body = read_llama(fields);
  config.family = config.body.vocab_size == kMidiLlmVocabulary ? Family::kMidiLlm : Family::kLlama;
  const bool tied = fields.flag("tie_word_embeddings", false);
  config.body_names = llama_names("model.", tied ? "" : "lm_head");
  return config;
}

CheckpointConfig gpt2_checkpoint(const Fields& fields) {
  CheckpointConfig config;
  config.body = read_gpt2(fields);
  config.family =
      config.body.vocab_size == kAnticipationVocabulary ? Family::kAnticipation : Family::kGpt2;
  const bool tied = fields.flag("tie_word_embeddings", true);
  config.body_names = gpt2_names("transformer.", tied ? "" : "lm_head");
  return config;
}

CheckpointConfig midi_model_checkpoint(const Fields& fields) {
  const Fields tokenizer = fields.object("tokenizer");
  if (tokenizer.text("version", "") != "v2") {
    tokenizer.fail("\"version\" must be v2, found " + tokenizer.text("version", "none"));
  }
  CheckpointConfig config;
  config.family = Family::kMidiModel;
  config.optimise_midi = tokenizer.flag("optimise_midi", false);
  config.body = read_llama(fields.object("net_config"));
  config.body_names = llama_names("net.", "");
  config.inner = read_llama(fields.object("net_token_config"));
  config.inner_names = llama_names("net_token.", "lm_head");
  if (config.inner->hidden_size != config.body.hidden_size) {
    fields.fail("net_token_config: \"hidden_size\" must be that of net_config");
  }
  return config;
}

int64_t count_blocks(const nn::TensorSource& source, const std::string& prefix) {
  int64_t count = 0;
  while (source.contains(prefix + std::to_string(count) + ".ln_1.weight")) ++count;
  return count;
}

/// Sizes of one of NotaGen's two GPT-2 networks; heads have 64 elements, as its code says.
TransformerConfig notagen_part(const nn::TensorSource& source, const std::string& prefix) {
  constexpr int64_t kHeadSize = 64;
  const auto shape = [&](const std::string& name) {
    nn::Shape found = source.shape_of(prefix + name + ".weight");
    if (found.size() != 2) {
      throw Error(ErrorCode::kInvalidFile, source.place() + ": tensor " + prefix + name +
                                               ".weight: expected a matrix, found shape " +
                                               nn::to_string(found));
    }
    return found;
  };
  TransformerConfig config;
  config.norm = NormKind::kLayer;
  config.position = PositionKind::kLearned;
  config.mlp = MlpKind::kGelu;
  config.vocab_size = shape("wte")[0];
  config.hidden_size = shape("wte")[1];
  config.positions = shape("wpe")[0];
  config.layers = count_blocks(source, prefix + "h.");
  config.intermediate_size = shape("h.0.mlp.c_fc")[1];
  config.heads = config.hidden_size / kHeadSize;
  config.kv_heads = config.heads;
  config.head_size = kHeadSize;
  return config;
}

std::optional<Json> config_json(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  return parse_json(read_text(path), path.string());
}

}  // namespace

TensorNames llama_names(const std::string& prefix, const std::string& head) {
  const std::string block = prefix + "layers.%.";
  return {.embed = prefix + "embed_tokens",
          .positions = "",
          .norm = prefix + "norm",
          .head = head,
          .attention_norm = block + "input_layernorm",
          .q = block + "self_attn.q_proj",
          .k = block + "self_attn.k_proj",
          .v = block + "self_attn.v_proj",
          .qkv = "",
          .o = block + "self_attn.o_proj",
          .mlp_norm = block + "post_attention_layernorm",
          .gate = block + "mlp.gate_proj",
          .up = block + "mlp.up_proj",
          .down = block + "mlp.down_proj"};
}

TensorNames gpt2_names(const std::string& prefix, const std::string& head) {
  const std::string block = prefix + "h.%.";
  return {.embed = prefix + "wte",
          .positions = prefix + "wpe",
          .norm = prefix + "ln_f",
          .head = head,
          .attention_norm = block + "ln_1",
          .q = "",
          .k = "",
          .v = "",
          .qkv = block + "attn.c_attn",
          .o = block + "attn.c_proj",
          .mlp_norm = block + "ln_2",
          .gate = "",
          .up = block + "mlp.c_fc",
          .down = block + "mlp.c_proj",
          .inputs_first = true};
}

std::string_view name_of(Family family) {
  constexpr std::array<std::string_view, 7> kNames{
      "LLaMA", "GPT-2",  "Anticipatory Music Transformer", "MIDI-LLM", "SkyTNT midi-model",
      "Aria",  "NotaGen"};
  return kNames[static_cast<size_t>(family)];
}

std::string_view tokenizer_of(Family family) {
  constexpr std::array<std::string_view, 7> kNames{
      "none of music",
      "none of music",
      "arrival-time triplets, 10 ms",
      "arrival-time triplets, 10 ms, behind 128,256 ids of text",
      "MIDI events v2, 1/16 of a quarter",
      "absolute time, 10 ms, in segments of 5 s",
      "interleaved ABC in patches of 16 characters"};
  return kNames[static_cast<size_t>(family)];
}

std::optional<Family> family_of(const std::filesystem::path& path) {
  if (is_gguf(path)) return gguf_config(nn::GgufFile(path)).family;
  const std::optional<Json> json = config_json(path);
  if (!json || !json->is_object()) return std::nullopt;
  const auto value = [&](const char* name) { return json->value(name, Json()); };
  const Json type = value("model_type");
  const Json size = value("vocab_size");
  if (type == "llama") return size == kMidiLlmVocabulary ? Family::kMidiLlm : Family::kLlama;
  if (type == "gpt2")
    return size == kAnticipationVocabulary ? Family::kAnticipation : Family::kGpt2;
  if (type == "midi_model") return Family::kMidiModel;
  if (type == "aria") return Family::kAria;
  return std::nullopt;
}

CheckpointConfig read_checkpoint_config(const std::filesystem::path& folder) {
  const std::string file = (folder / "config.json").string();
  const Json json = parse_json(read_text(file), file);
  const Fields fields(json, file);
  CheckpointConfig config;
  const std::string type = fields.text("model_type", "none");
  if (type == "llama") {
    config = llama_checkpoint(fields);
  } else if (type == "gpt2") {
    config = gpt2_checkpoint(fields);
  } else if (type == "midi_model") {
    config = midi_model_checkpoint(fields);
  } else if (type == "aria") {
    config.family = Family::kAria;
    config.body = read_aria(fields);
    config.body_names = aria_names();
  } else {
    fields.fail("\"model_type\" must be llama, gpt2, midi_model or aria; found " + type);
  }
  try {
    config.body.validate();
    if (config.inner) config.inner->validate();
  } catch (const Error& error) {
    fields.fail(error.what());
  }
  return config;
}

bool is_notagen(const nn::TensorSource& source) {
  return source.contains("patch_level_decoder.patch_embedding.weight");
}

CheckpointConfig notagen_config(const nn::TensorSource& source) {
  CheckpointConfig config;
  config.family = Family::kNotaGen;
  config.body = notagen_part(source, "patch_level_decoder.base.");
  config.body_names = gpt2_names("patch_level_decoder.base.", "");
  config.body_names.embed = "";  // a patch is embedded whole; wte has one row and no use
  config.inner = notagen_part(source, "char_level_decoder.base.transformer.");
  config.inner_names = gpt2_names("char_level_decoder.base.transformer.", "");
  if (source.contains("char_level_decoder.base.lm_head.weight")) {
    config.inner_names.head = "char_level_decoder.base.lm_head";
  }
  if (config.inner->hidden_size != config.body.hidden_size ||
      config.inner->vocab_size != kAlphabet || config.inner->positions < kPatch + 1) {
    throw Error(ErrorCode::kInvalidFile,
                source.place() +
                    ": expected a character decoder of the patch decoder's width, 128 "
                    "characters and at least 17 positions");
  }
  return config;
}

}  // namespace motet::models
