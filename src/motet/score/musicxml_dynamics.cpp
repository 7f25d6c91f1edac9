// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_dynamics.h"

#include <algorithm>
#include <array>

namespace motet::musicxml {
namespace {

struct Dynamic {
  std::string_view name;
  uint8_t velocity = 0;  // 0: of one note only
};

constexpr auto kDynamics = std::to_array<Dynamic>({
    {"pppppp", 1},  {"ppppp", 5},    {"pppp", 10}, {"ppp", 16}, {"pp", 33},   {"p", 49},
    {"mp", 64},     {"mf", 80},      {"f", 96},    {"ff", 112}, {"fff", 126}, {"ffff", 127},
    {"fffff", 127}, {"ffffff", 127}, {"fp", 0},    {"fz", 0},   {"sf", 0},    {"sfz", 0},
    {"sffz", 0},    {"sfp", 0},      {"sfpp", 0},  {"rf", 0},   {"rfz", 0},   {"n", 1},
    {"pf", 0},      {"sfzp", 0},
});

const Dynamic* find(std::string_view name) {
  const auto found = std::ranges::find(kDynamics, name, &Dynamic::name);
  return found == kDynamics.end() ? nullptr : &*found;
}

}  // namespace

bool is_dynamic_name(std::string_view name) { return find(name) != nullptr; }

std::optional<uint8_t> velocity_of_dynamic(std::string_view name) {
  const Dynamic* const found = find(name);
  if (found == nullptr || found->velocity == 0) return std::nullopt;
  return found->velocity;
}

}  // namespace motet::musicxml
