// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "motet/base/error.h"
#include "motet/nn/cpu/tables.h"

namespace motet::nn::kernels {
namespace {

struct Tables {
  std::array<const KernelTable*, 3> all{};
  size_t count = 0;

  void push(const KernelTable& table) { all[count++] = &table; }
};

Tables find_tables() {
  Tables tables;
  tables.push(generic::table());
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    tables.push(avx2::table());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni"))
      tables.push(avx512::table());
  }
#endif
  return tables;
}

/// How many tables of "generic", "avx2", "avx512" the environment allows.
size_t allowed_count() {
  const char* wanted = std::getenv("MOTET_ISA");
  if (wanted == nullptr || *wanted == '\0') return 3;
  constexpr std::array<std::string_view, 3> kNames{"generic", "avx2", "avx512"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == wanted) return i + 1;
  }
  throw Error(ErrorCode::kInvalidArgument,
              std::string("MOTET_ISA: expected generic, avx2 or avx512, found ") + wanted);
}

}  // namespace

std::span<const KernelTable* const> available() noexcept {
  static const Tables kTables = find_tables();
  return std::span(kTables.all).first(kTables.count);
}

const KernelTable& best() {
  const auto tables = available();
  return *tables[std::min(tables.size(), allowed_count()) - 1];
}

}  // namespace motet::nn::kernels
