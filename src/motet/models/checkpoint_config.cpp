// SPDX-License-Identifier: Apache-2.0
#include "motet/models/checkpoint_config.h"

#include <array>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/models/config_fields.h"
#include "motet/models/gguf_config.h"

namespace motet::models {
namespace {

DecoderConfig read_llama(const ConfigFields& fields) {
  fields.require_one("hidden_act", "silu", {"silu", "swish"});
  DecoderConfig config;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"hidden_size"});
  config.intermediate_size = fields.required({"intermediate_size"});
  config.num_hidden_layers = fields.required({"num_hidden_layers"});
  config.num_attention_heads = fields.required({"num_attention_heads"});
  config.num_key_value_heads =
      fields.whole({"num_key_value_heads"}).value_or(config.num_attention_heads);
  config.head_dim = fields.whole({"head_dim"}).value_or(0);
  config.max_position_embeddings = fields.whole({"max_position_embeddings"}).value_or(2048);
  config.norm_eps = fields.number("rms_norm_eps", 1e-6);
  config.rope = read_rope(fields, config.max_position_embeddings);
  config.tie_word_embeddings = fields.flag("tie_word_embeddings", false);
  return config;
}

DecoderConfig read_gpt2(const ConfigFields& fields) {
  fields.require_one("activation_function", "gelu_new", {"gelu_new", "gelu_pytorch_tanh"});
  if (!fields.flag("scale_attn_weights", true) ||
      fields.flag("scale_attn_by_inverse_layer_idx", false)) {
    fields.fail("only attention scaled by 1/sqrt(head size) is supported");
  }
  DecoderConfig config;
  config.norm = NormKind::kLayer;
  config.position = PositionKind::kLearned;
  config.mlp = MlpKind::kGelu;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"n_embd"});
  config.num_hidden_layers = fields.required({"n_layer"});
  config.num_attention_heads = fields.required({"n_head"});
  config.intermediate_size = fields.whole({"n_inner"}).value_or(4 * config.hidden_size);
  config.num_key_value_heads = config.num_attention_heads;
  config.max_position_embeddings = fields.required({"n_positions"});
  config.norm_eps = fields.number("layer_norm_epsilon", 1e-5);
  config.tie_word_embeddings = fields.flag("tie_word_embeddings", true);
  return config;
}

/// Both the names of its Hugging Face folder and those of its own repository.
DecoderConfig read_aria(const ConfigFields& fields) {
  DecoderConfig config;
  config.norm = NormKind::kLayer;
  config.vocab_size = fields.required({"vocab_size"});
  config.hidden_size = fields.required({"hidden_size", "d_model"});
  config.num_hidden_layers = fields.required({"num_hidden_layers", "n_layers"});
  config.num_attention_heads = fields.required({"num_attention_heads", "n_heads"});
  const int64_t times = fields.whole({"ff_mult"}).value_or(4);
  if (times < 1 || times > 64) fields.fail("\"ff_mult\" must be in 1..64");
  config.intermediate_size = times * config.hidden_size;
  config.num_key_value_heads = config.num_attention_heads;
  config.max_position_embeddings =
      fields.whole({"max_seq_len", "max_position_embeddings"}).value_or(8192);
  config.rope.theta = 500'000.0F;
  config.tie_word_embeddings = false;
  return config;
}

TensorNames aria_names() {
  const std::string block = "model.encode_layers.%.";
  return {.embed = "model.tok_embeddings",
          .positions = "",
          .norm = "model.out_layer_norm",
          .head = "lm_head",
          .attention_norm = block + "norm1",
          .q = block + "mixed_qkv",
          .k = block + "mixed_qkv",
          .v = block + "mixed_qkv",
          .o = block + "att_proj_linear",
          .mlp_norm = block + "norm2",
          .gate = block + "ff_gate_proj",
          .up = block + "ff_up_proj",
          .down = block + "ff_down_proj"};
}

/// Of LLaMA's config, what the shape cannot do. Biases are read where the file has them.
CheckpointConfig llama_checkpoint(const ConfigFields& fields) {
  CheckpointConfig config;
  config.body = read_llama(fields);
  config.family = config.body.vocab_size == kMidiLlmVocabulary ? Family::kMidiLlm : Family::kLlama;
  config.body_names = llama_names("model.");
  return config;
}

CheckpointConfig gpt2_checkpoint(const ConfigFields& fields) {
  CheckpointConfig config;
  config.body = read_gpt2(fields);
  config.family =
      config.body.vocab_size == kAnticipationVocabulary ? Family::kAnticipation : Family::kGpt2;
  config.body_names = gpt2_names("transformer.");
  return config;
}

CheckpointConfig midi_model_checkpoint(const ConfigFields& fields) {
  const ConfigFields tokenizer = fields.object("tokenizer");
  if (tokenizer.text("version", "") != "v2") {
    tokenizer.fail("\"version\" must be v2, found " + tokenizer.text("version", "none"));
  }
  CheckpointConfig config;
  config.family = Family::kMidiModel;
  config.optimise_midi = tokenizer.flag("optimise_midi", false);
  config.body = read_llama(fields.object("net_config"));
  config.body.tie_word_embeddings = true;  // it has no head at all
  config.body_names = llama_names("net.");
  config.inner = read_llama(fields.object("net_token_config"));
  config.inner->tie_word_embeddings = false;
  config.inner_names = llama_names("net_token.");
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
DecoderConfig notagen_part(const nn::TensorSource& source, const std::string& prefix) {
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
  DecoderConfig config;
  config.norm = NormKind::kLayer;
  config.position = PositionKind::kLearned;
  config.mlp = MlpKind::kGelu;
  config.vocab_size = shape("wte")[0];
  config.hidden_size = shape("wte")[1];
  config.max_position_embeddings = shape("wpe")[0];
  config.num_hidden_layers = count_blocks(source, prefix + "h.");
  config.intermediate_size = shape("h.0.mlp.c_fc")[1];
  config.num_attention_heads = config.hidden_size / kHeadSize;
  config.num_key_value_heads = config.num_attention_heads;
  config.head_dim = kHeadSize;
  return config;
}

std::optional<Json> config_json(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  return parse_json(read_text(path), path.string());
}

}  // namespace

TensorNames gpt2_names(const std::string& prefix) {
  const std::string block = prefix + "h.%.";
  return {.embed = prefix + "wte",
          .positions = prefix + "wpe",
          .norm = prefix + "ln_f",
          .head = "lm_head",
          .attention_norm = block + "ln_1",
          .q = block + "attn.c_attn",
          .k = block + "attn.c_attn",
          .v = block + "attn.c_attn",
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
  const ConfigFields fields(json, file);
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
  config.body_names = gpt2_names("patch_level_decoder.base.");
  config.body_names.embed = "";  // a patch is embedded whole; wte has one row and no use
  config.inner = notagen_part(source, "char_level_decoder.base.transformer.");
  config.inner_names = gpt2_names("char_level_decoder.base.transformer.");
  config.inner_names.head = "char_level_decoder.base.lm_head";
  config.inner->tie_word_embeddings = !source.contains(config.inner_names.head + ".weight");
  if (config.inner->hidden_size != config.body.hidden_size ||
      config.inner->vocab_size != kAlphabet || config.inner->max_position_embeddings < kPatch + 1) {
    throw Error(ErrorCode::kInvalidFile,
                source.place() +
                    ": expected a character decoder of the patch decoder's width, 128 "
                    "characters and at least 17 positions");
  }
  return config;
}

}  // namespace motet::models
