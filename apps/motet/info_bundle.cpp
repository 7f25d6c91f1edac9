// SPDX-License-Identifier: Apache-2.0
#include "motet/info_bundle.h"

#include <cstdio>
#include <sstream>
#include <string>

#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/models/bundle.h"
#include "motet/models/checkpoint.h"
#include "motet/nn/cpu/cpu_backend.h"
#include "motet/tasks/engine.h"
#include "motet/tasks/public_model.h"
#include "motet/tasks/public_request.h"
#include "motet/terminal.h"
#include "motet/trust/hash.h"
#include "motet/trust/provenance.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;

constexpr int kCardLines = 16;

void bundle_field(const std::string& name, const std::string& value) {
  say(name + std::string(name.size() < 24 ? 24 - name.size() : 1, ' ') + value);
}

/// "6.1 million" parameters, "12.3 MB".
std::string scaled(double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f %s", value / 1e6, unit);
  return text;
}

/// The first lines of the card that are not its head between "---" lines.
void print_card(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return bundle_field("card", "none (README.md)");
  std::istringstream lines(read_text(path));
  std::string line;
  bool in_head = false;
  int number = 0;
  int printed = 0;
  say("");
  while (printed < kCardLines && std::getline(lines, line)) {
    if (line == "---" && (number == 0 || in_head)) {
      in_head = number == 0;
    } else if (!in_head && (printed > 0 || !line.empty())) {
      say(line);
      ++printed;
    }
    ++number;
  }
}

std::string sizes_of(const models::DecoderConfig& config) {
  return std::to_string(config.num_hidden_layers) + " layers of " +
         std::to_string(config.hidden_size) + ", " + std::to_string(config.num_attention_heads) +
         " heads, vocabulary " + std::to_string(config.vocab_size) + ", " +
         std::to_string(config.max_position_embeddings) + " positions";
}

/// Of the files that hold tensors.
double bytes_of_weights(const fs::path& path) {
  if (fs::is_regular_file(path)) return static_cast<double>(fs::file_size(path));
  double bytes = 0.0;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".safetensors") bytes += static_cast<double>(entry.file_size());
  }
  return bytes;
}

void print_public(const fs::path& path) {
  ThreadPool pool(1);
  nn::CpuBackend backend(pool);
  const models::Checkpoint model = models::open_checkpoint(path, backend);
  bundle_field("checkpoint", fs::weakly_canonical(path).filename().string());
  bundle_field("family", std::string(models::name_of(model.family)));
  bundle_field("layout", model.layout);
  bundle_field("hash", trust::model_hash(path));
  bundle_field("parameters", scaled(static_cast<double>(model.parameters), "million"));
  bundle_field("weights", scaled(bytes_of_weights(path), "MB"));
  bundle_field("network", sizes_of(model.body->config()));
  if (model.inner != nullptr) bundle_field("network within", sizes_of(model.inner->config()));
  const tasks::ModelKind kind(model.family, tasks::states_midi_tok(path));
  bundle_field("tokenizer", kind.has_midi_tok ? "MidiTok's, as tokenizer.json says"
                                              : std::string(models::tokenizer_of(model.family)));
  std::string fields;
  for (const std::string& field : tasks::obeyed_fields(kind)) {
    fields += (fields.empty() ? "" : ", ") + field;
  }
  bundle_field("can be asked for", fields);
  bundle_field("licence", trust::licence_of(path));
  if (fs::is_directory(path)) print_card(path / "README.md");
}

}  // namespace

void print_model(const fs::path& folder) {
  if (tasks::is_public_model(folder)) return print_public(folder);
  ThreadPool pool(1);
  const tasks::Engine engine(folder, pool);
  const models::DecoderConfig& config = engine.decoder().config();
  bundle_field("bundle", fs::weakly_canonical(folder).filename().string());
  bundle_field("hash", trust::bundle_hash(folder));
  bundle_field("parameters",
               scaled(static_cast<double>(models::count_parameters(config)), "million"));
  bundle_field("weights",
               scaled(static_cast<double>(fs::file_size(folder / "model.safetensors")), "MB"));
  models::each_field(config, [](const char* name, const auto& value, const char* help) {
    std::ostringstream text;
    text << std::boolalpha << value << "  (" << help << ")";
    bundle_field(name, text.str());
  });
  bundle_field("training data licence", trust::training_data_licence(folder));
  print_card(folder / "README.md");
}

}  // namespace motet::program
