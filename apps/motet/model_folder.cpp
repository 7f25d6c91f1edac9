// SPDX-License-Identifier: Apache-2.0
#include "motet/model_folder.h"

#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "motet/base/error.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;

fs::path require_bundle(const fs::path& folder, const std::string& who) {
  std::error_code ignored;
  for (const char* name : {"config.json", "model.safetensors"}) {
    if (fs::is_regular_file(folder / name, ignored)) return folder;
  }
  if (folder.extension() == ".gguf" && fs::is_regular_file(folder, ignored)) return folder;
  throw Error(ErrorCode::kNotFound,
              who +
                  ": expected a bundle (a folder with config.json, model.safetensors and "
                  "tokenizer.json) at " +
                  folder.string() + ", found none");
}

std::optional<fs::path> first_bundle(const fs::path& models) {
  std::set<fs::path> bundles;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(models, ignored)) {
    if (fs::is_regular_file(entry.path() / "config.json", ignored)) bundles.insert(entry.path());
  }
  if (bundles.empty()) return std::nullopt;
  return *bundles.begin();
}

/// <prefix>/share/motet/models, where the program is <prefix>/bin/motet.
fs::path installed_models() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "share" / "motet" / "models";
}

}  // namespace

fs::path find_model(const fs::path& chosen) {
  if (!chosen.empty()) return require_bundle(chosen, "--model");
  const char* named = std::getenv("MOTET_MODEL");
  if (named != nullptr && *named != '\0') return require_bundle(named, "MOTET_MODEL");
  const fs::path installed = installed_models();
  const fs::path source = MOTET_MODELS_IN_SOURCE;
  for (const fs::path& place : {installed, source}) {
    if (const auto bundle = first_bundle(place)) return *bundle;
  }
  throw Error(ErrorCode::kNotFound, "no model in " + installed.string() + " or " + source.string() +
                                        "; name one: --model FOLDER, or set MOTET_MODEL");
}

}  // namespace motet::program
