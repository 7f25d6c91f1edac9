// SPDX-License-Identifier: Apache-2.0
#include "motet/score/instruments.h"

#include <gtest/gtest.h>

#include <set>

namespace motet {
namespace {

std::vector<Instrument> all_instruments() {
  std::vector<Instrument> all = {{0, true}};
  for (int program = 0; program < 128; ++program) {
    all.push_back({static_cast<uint8_t>(program), false});
  }
  return all;
}

TEST(Instruments, EveryNameIsUniqueAndFindsItsOwn) {
  std::set<std::string_view> names;
  for (const Instrument instrument : all_instruments()) {
    EXPECT_TRUE(names.insert(name_of(instrument)).second) << name_of(instrument);
    EXPECT_EQ(find_instrument(name_of(instrument)), instrument) << name_of(instrument);
  }
}

TEST(Instruments, AreFoundByAliasPluralNumberAndSpelling) {
  const auto program = [](std::string_view name) {
    const auto found = find_instrument(name);
    return found && !found->is_drums ? static_cast<int>(found->program) : -1;
  };
  EXPECT_EQ(program("Violins"), 40);
  EXPECT_EQ(program("violoncello"), 42);
  EXPECT_EQ(program("Alto-Sax"), 65);
  EXPECT_EQ(program("alto_saxophones"), 65);
  EXPECT_EQ(program("French  Horns"), 60);
  EXPECT_EQ(program("Acoustic Guitar (nylon)"), 24);
  EXPECT_EQ(program("strings"), 48);
  EXPECT_EQ(program("basses"), 33);
  EXPECT_EQ(program("73"), 73);
  EXPECT_EQ(program("128"), -1);
  EXPECT_EQ(program("lutherie"), -1);
  EXPECT_EQ(program(""), -1);
  EXPECT_EQ(find_instrument("Percussion"), (Instrument{0, true}));
}

TEST(Instruments, AMisspeltNameHasNeighbours) {
  EXPECT_EQ(nearest_instruments("vioiln", 1).front(), "violin");
  EXPECT_EQ(nearest_instruments("pinao", 3).front(), "piano");
  EXPECT_EQ(nearest_instruments("x", 4).size(), 4U);
}

TEST(Instruments, HaveRangesThatContainMusic) {
  for (const Instrument instrument : all_instruments()) {
    const PitchRange range = range_of(instrument);
    EXPECT_LT(range.low + 12, range.high) << name_of(instrument);
    EXPECT_LE(range.high, 127);
  }
  EXPECT_EQ(range_of({40, false}).low, 55);  // the violin's open G
  EXPECT_EQ(range_of({42, false}).low, 36);  // the cello's open C
}

TEST(Instruments, KnowTheKeyboards) {
  EXPECT_TRUE(is_keyboard({0, false}));
  EXPECT_TRUE(is_keyboard({19, false}));
  EXPECT_FALSE(is_keyboard({40, false}));
  EXPECT_FALSE(is_keyboard({0, true}));
}

}  // namespace
}  // namespace motet
