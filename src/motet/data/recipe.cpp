// SPDX-License-Identifier: Apache-2.0
#include "motet/data/recipe.h"

#include <functional>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/tokens/vocabulary.h"

namespace motet::data {
namespace {

constexpr int kMostCopies = 64;
constexpr int kMostSemitones = 11;
constexpr double kMostTempo = 4.0;
constexpr int kMostVelocity = 64;
constexpr double kMostFactor = 1e6;

/// A value of the recipe and the path of fields that leads to it, for messages.
struct Field {
  const Json& value;
  std::string place;

  [[noreturn]] void refuse(const std::string& expected) const {
    throw Error(ErrorCode::kInvalidFile,
                place + ": expected " + expected + ", found " + value.dump());
  }
  double number(double low, double high, const std::string& expected) const {
    const bool fits =
        value.is_number() && value.get<double>() >= low && value.get<double>() <= high;
    if (!fits) refuse(expected);
    return value.get<double>();
  }
  int whole(int low, int high, const std::string& expected) const {
    if (!value.is_number_integer()) refuse(expected);
    return static_cast<int>(number(low, high, expected));
  }
  /// The two elements of an array.
  std::pair<Field, Field> both(const std::string& expected) const {
    if (!value.is_array() || value.size() != 2) refuse(expected);
    return {{value[0], place + "[0]"}, {value[1], place + "[1]"}};
  }
};

using Readers = std::vector<std::pair<std::string, std::function<void(const Field&)>>>;

/// Gives every field of an object to its reader.
void each_known(const Field& object, const Readers& readers) {
  if (!object.value.is_object()) object.refuse("an object");
  for (const auto& [name, value] : object.value.items()) {
    const Field field{value, object.place + ": " + name};
    bool known = false;
    for (const auto& [wanted, read] : readers) {
      if (wanted != name) continue;
      read(field);
      known = true;
    }
    if (known) continue;
    std::string names;
    for (const auto& [wanted, read] : readers) names += (names.empty() ? "" : ", ") + wanted;
    throw Error(ErrorCode::kInvalidFile, field.place + ": no such field; expected " + names);
  }
}

Mixture::Table read_table(const Field& field) {
  if (!field.value.is_object()) field.refuse("an object of factors");
  Mixture::Table table;
  for (const auto& [name, value] : field.value.items()) {
    table[name] = Field{value, field.place + ": " + name}.number(0, kMostFactor, "0 .. 1000000");
  }
  return table;
}

void read_mixture(const Field& field, Mixture& mixture) {
  each_known(field,
             {{"exponent", [&](const Field& f) { mixture.exponent = f.number(0, 1, "0 .. 1"); }},
              {"source", [&](const Field& f) { mixture.source = read_table(f); }},
              {"style", [&](const Field& f) { mixture.style = read_table(f); }},
              {"licence", [&](const Field& f) { mixture.licence = read_table(f); }}});
  for (const auto& [name, factor] : mixture.style) {
    if (name == "*" || tokens::find_style(name)) continue;
    std::string names;
    for (const std::string& style : tokens::styles()) names += (names.empty() ? "" : ", ") + style;
    throw Error(ErrorCode::kInvalidFile,
                field.place + ": style: no style \"" + name + "\"; expected *, " + names);
  }
}

void read_order(const Field& field, Order& order) {
  const auto read_by = [&](const Field& f) {
    if (f.value == "length") {
      order.by = Difficulty::kLength;
    } else if (f.value == "density") {
      order.by = Difficulty::kDensity;
    } else if (f.value == "entropy") {
      order.by = Difficulty::kEntropy;
    } else {
      f.refuse("\"length\", \"density\" or \"entropy\"");
    }
  };
  const auto read_first = [&](const Field& f) {
    if (f.value != "easiest" && f.value != "hardest") f.refuse("\"easiest\" or \"hardest\"");
    order.hardest_first = f.value == "hardest";
  };
  each_known(field, {{"by", read_by}, {"first", read_first}});
  if (order.by == Difficulty::kNone) field.refuse("a field \"by\"");
}

void read_augment(const Field& field, Augmentation& augment) {
  const auto read_transpose = [&](const Field& f) {
    const std::string expected = "[lowest, highest] in semitones, -11 .. 0 and 0 .. 11";
    const auto [low, high] = f.both(expected);
    augment.lowest = low.whole(-kMostSemitones, 0, expected);
    augment.highest = high.whole(0, kMostSemitones, expected);
  };
  const auto read_tempo = [&](const Field& f) {
    const std::string expected = "[slowest, fastest] of a piece's tempo, 0.25 .. 1 and 1 .. 4";
    const auto [slow, fast] = f.both(expected);
    augment.slowest = slow.number(1 / kMostTempo, 1, expected);
    augment.fastest = fast.number(1, kMostTempo, expected);
  };
  each_known(
      field,
      {{"copies", [&](const Field& f) { augment.copies = f.whole(0, kMostCopies, "0 .. 64"); }},
       {"transpose", read_transpose},
       {"tempo", read_tempo},
       {"velocity",
        [&](const Field& f) { augment.velocity = f.whole(0, kMostVelocity, "0 .. 64"); }},
       {"drop_parts", [&](const Field& f) { augment.drop_parts = f.number(0, 1, "0 .. 1"); }}});
  const bool varies = augment.lowest < 0 || augment.highest > 0 || augment.slowest < 1.0 ||
                      augment.fastest > 1.0 || augment.velocity > 0 || augment.drop_parts > 0.0;
  if (varies && augment.copies == 0) field.refuse("a field \"copies\" of 1 or more");
  if (!varies && augment.copies > 0) {
    field.refuse("transpose, tempo, velocity or drop_parts, for its copies to differ in");
  }
}

}  // namespace

double Mixture::factor(const Table& table, const std::string& name) {
  for (const std::string& key : {name, std::string("*")}) {
    if (const auto found = table.find(key); found != table.end()) return found->second;
  }
  return 1.0;
}

Recipe read_recipe(const std::filesystem::path& path) {
  const Json json = parse_json(read_text(path), path.string());
  Recipe recipe;
  each_known({json, path.string()},
             {{"seed",
               [&](const Field& f) {
                 if (!f.value.is_number_unsigned()) f.refuse("a whole number, 0 or more");
                 recipe.seed = f.value.get<uint64_t>();
               }},
              {"mixture",
               [&](const Field& f) {
                 recipe.has_mixture = true;
                 read_mixture(f, recipe.mixture);
               }},
              {"order", [&](const Field& f) { read_order(f, recipe.order); }},
              {"augment", [&](const Field& f) { read_augment(f, recipe.augment); }}});
  return recipe;
}

}  // namespace motet::data
