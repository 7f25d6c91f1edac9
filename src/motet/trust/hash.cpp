// SPDX-License-Identifier: Apache-2.0
#include "motet/trust/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <new>
#include <set>
#include <string_view>

#include "motet/base/error.h"
#include "motet/base/hex.h"

namespace motet::trust {
namespace {

constexpr std::array kBundleFiles = {"config.json", "model.safetensors", "tokenizer.json"};

/// Whether a file's name is one that a model is made of.
bool is_of_model(std::string_view name) {
  return name == "config.json" || name == "tokenizer.json" || name.ends_with(".safetensors") ||
         name.ends_with(".safetensors.index.json");
}

}  // namespace

std::string sha256(ByteView bytes) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(done == 1 && size == 32);  // fails only when OpenSSL itself is broken
  static_cast<void>(done);
  return to_hex(ByteView(digest.data(), size));
}

std::string sha256(std::string_view text) {
  return sha256(ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  if (state_ == nullptr) throw std::bad_alloc();
  EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(state_), EVP_sha256(), nullptr);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(state_)); }

void Sha256::add(ByteView bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(state_), bytes.data(), bytes.size());
}

std::string Sha256::hex() {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(state_), digest.data(), &size);
  return to_hex(ByteView(digest.data(), size));
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  return sha256(file.bytes());
}

std::string git_blob_of_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string head = "blob " + std::to_string(file.bytes().size());
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, head.c_str(), head.size() + 1);  // with the zero
  EVP_DigestUpdate(context, file.bytes().data(), file.bytes().size());
  EVP_DigestFinal_ex(context, digest.data(), &size);
  EVP_MD_CTX_free(context);
  return to_hex(ByteView(digest.data(), size));
}

std::string bundle_hash(const std::filesystem::path& folder) {
  std::string lines;
  for (const char* name : kBundleFiles) {
    lines += sha256_of_file(folder / name) + "  " + name + "\n";
  }
  return sha256(std::string_view(lines));
}

std::string model_hash(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::set<fs::path> files;
  if (fs::is_regular_file(path)) files.insert(path);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    if (entry.is_regular_file() && is_of_model(entry.path().filename().string())) {
      files.insert(entry.path());
    }
  }
  if (files.empty()) {
    throw Error(ErrorCode::kNotFound,
                path.string() + ": expected the files of a model, found none");
  }
  std::string lines;
  for (const fs::path& file : files) {
    lines += sha256_of_file(file) + "  " + file.filename().string() + "\n";
  }
  return sha256(std::string_view(lines));
}

}  // namespace motet::trust
