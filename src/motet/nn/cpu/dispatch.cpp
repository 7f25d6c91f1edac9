// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "motet/base/error.h"
#include "motet/nn/cpu/tables.h"

namespace motet::nn::kernels {
namespace {

/// Narrowest first.
#if defined(__aarch64__)
constexpr std::array<std::string_view, 3> kNames{"generic", "neon", "dotprod"};
#else
constexpr std::array<std::string_view, 4> kNames{"generic", "avx2", "avx512", "amx"};
#endif

struct Tables {
  std::array<const KernelTable*, kNames.size()> all{};
  size_t count = 0;

  void push(const KernelTable& table) { all[count++] = &table; }
};

#if defined(__x86_64__)
/// Whether the CPU has tiles and the system lets us use them: they are eight kilobytes that it must
/// keep for each thread, so a program has to ask. Source: Linux, Documentation/arch/x86/xstate.rst.
bool may_use_tiles() {
  constexpr unsigned kTiles = 1U << 24 | 1U << 25;  // AMX-TILE and AMX-INT8, leaf 7, EDX
  constexpr long kAskForState = 0x1023;             // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;                    // XFEATURE_XTILEDATA
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kTiles) != kTiles) return false;
  return ::syscall(SYS_arch_prctl, kAskForState, kTileData) == 0;
}

/// Whether the CPU widens float16: every one with AVX2 that was ever sold does.
bool has_half_floats() {
  constexpr unsigned kF16c = 1U << 29;  // leaf 1, ECX
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & kF16c) != 0;
}
#endif

Tables find_tables() {
  Tables tables;
  tables.push(generic::table());
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_half_floats()) {
    tables.push(avx2::table());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vnni")) {
      tables.push(avx512::table());
      if (may_use_tiles()) tables.push(amx::table());
    }
  }
#elif defined(__aarch64__)
  constexpr unsigned long kDotProducts = 1UL << 20;  // HWCAP_ASIMDDP
  tables.push(neon::table());
  if ((::getauxval(AT_HWCAP) & kDotProducts) != 0) tables.push(dotprod::table());
#endif
  return tables;
}

/// How many tables of kNames the environment allows.
size_t allowed_count() {
  const char* wanted = std::getenv("MOTET_ISA");
  if (wanted == nullptr || *wanted == '\0') return kNames.size();
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == wanted) return i + 1;
  }
  std::string names;
  for (const std::string_view name : kNames)
    names += std::string(names.empty() ? "" : ", ").append(name);
  throw Error(ErrorCode::kInvalidArgument,
              "MOTET_ISA: expected one of " + names + "; found " + wanted);
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
