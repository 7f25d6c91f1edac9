// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "motet/nn/backend.h"
#include "motet/nn/cpu/cpu_backend.h"

namespace motet::nn {

/// What a cache must be to fit a model.
struct KvShape {
  size_t layers = 0;
  int64_t kv_heads = 1;   ///< K
  int64_t head_size = 1;  ///< S
};

/// Writes what a sequence remembers, so that it goes on in another process bit for bit:
/// "motetkv1", the bundle's hash, sizes, the pages of each layer, and FNV-1a of it all.
/// Numbers are little-endian.
///
/// throws  Error(kInvalidArgument) when the cache holds nothing; Error as write_file does
void save_cache(const std::filesystem::path& path, const KvCache& cache,
                std::string_view bundle_hash);

/// Reads it for a backend whose cache is of the same type.
///
/// throws  Error(kNotFound) when there is no such file; Error(kInvalidFile) naming the file and
/// what
///         is wrong: cut short, changed, no cache at all, or of another bundle or shape
KvCache load_cache(const std::filesystem::path& path, const CpuBackend& on, const KvShape& shape,
                   std::string_view bundle_hash);

}  // namespace motet::nn
