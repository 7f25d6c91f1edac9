// SPDX-License-Identifier: Apache-2.0
#include "motet/data/work.h"

#include <gtest/gtest.h>

namespace motet::data {
namespace {

std::string work(const std::string& composer, const std::string& name, const std::string& title,
                 const std::string& genre = "", const std::string& source = "here") {
  CorpusItem item;
  item.file = "folder/piece.mid";
  item.source = source;
  item.composer = composer;
  item.work = name;
  item.title = title;
  item.genre = genre;
  return work_of(item);
}

TEST(Words, HaveNoCaseAccentsOrSigns) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_of("Żegluga, Op.28 No. 4"), (Words{"zegluga", "op", "28", "no", "4"}));
  EXPECT_EQ(words_of("L'Élégie / ŁÓDŹ"), (Words{"lelegie", "lodz"}));
  EXPECT_EQ(words_of("e\xCC\x81tude"), (Words{"etude"})) << "a combining accent";
  EXPECT_EQ(words_of("Чайка"), (Words{"Чайка"}));
  EXPECT_EQ(words_of(""), Words{});
  EXPECT_EQ(words_of("\xFF\xC3").size(), 1U) << "no UTF-8, and no crash";
}

TEST(Work, ComposerAndCatalogueNumberNameItInAnyCollection) {
  const std::string expected = "chopin fryderyk/op 28";
  EXPECT_EQ(work("Chopin, Fryderyk", "Op. 28", "Preludium No. 17", "", "one"), expected);
  EXPECT_EQ(work("Fryderyk Chopin", "24 Préludes, opus 28", "", "", "two"), expected);
  EXPECT_EQ(work("Fryderyk Chopin (1810-1849)", "", "Prelude Op.28 No.4"), expected);
  EXPECT_NE(work("Fryderyk Chopin", "", "Prelude Op.45"), expected);
}

TEST(Work, ANameNamesItWhereItSaysMoreThanItsKind) {
  EXPECT_EQ(work("Moniuszko, Stanisław", "Widma", "No. 4"), "moniuszko stanislaw/widma");
  EXPECT_EQ(work("Moniuszko, Stanisław", "", "Pielgrzym"), "moniuszko stanislaw/pielgrzym");
  EXPECT_EQ(work("Beethoven", "", "Symphony No. 5"), "beethoven/symphony no 5");
  EXPECT_EQ(work("traditional", "", "The Butterfly", "", "irish"), "irish/the butterfly");
}

TEST(Work, APieceThatIsNamedAfterItsKindIsItsOwnWork) {
  for (const char* title : {"Prelude", "Preludium", "Sonata in G major", "II. Allegro moderato",
                            "[Keyboard piece]", "Untitled", "No. 4", "Valc", "Kyrie", ""}) {
    EXPECT_EQ(work("Somebody", "", title), "here//folder/piece") << title;
  }
  EXPECT_EQ(work("drummer7", "", "rock/halftime", "drums; rock/halftime"), "here//folder/piece");
}

TEST(Work, TwoFormatsOfOneFileAreOneWork) {
  CorpusItem item;
  item.source = "here";
  item.file = "a/b.mid";
  const std::string midi = work_of(item);
  item.file = "a/b.krn";
  EXPECT_EQ(work_of(item), midi);
}

}  // namespace
}  // namespace motet::data
